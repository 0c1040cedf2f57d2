#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes people.jsonl.gz: 10,000 people of 44 locales, the same ones on every run.

    pip install Faker==40.54.0 && ./generate.py

The result is committed, so that a test run needs no package registry. Each row is
{"locale", "email", "name", "password"}. Names are what Faker's locales give. Of the addresses a
part has a local part in the person's own script (RFC 6531) or a domain with an IDNA label;
passwords are a name and a few words of the language, some of them decomposed (NFD) or with an
emoji, all between 8 and 1024 bytes.
"""

import gzip
import json
import random
import re
import unicodedata
from pathlib import Path

from faker import Faker

PEOPLE = 10_000
LOCALES = """ar_SA az_AZ bg_BG bn_BD cs_CZ da_DK de_DE el_GR en_GB en_US es_ES et_EE fa_IR fi_FI
fr_FR he_IL hi_IN hr_HR hu_HU hy_AM id_ID it_IT ja_JP ka_GE ko_KR lt_LT lv_LV ne_NP nl_NL no_NO
pl_PL pt_BR ro_RO ru_RU sk_SK sl_SI sv_SE ta_IN th_TH tr_TR uk_UA vi_VN zh_CN zh_TW""".split()
# Labels that IDNA 2008 allows; each is somebody's real word for "example" or the like.
IDN = "bücher пример παράδειγμα 例え 예시 उदाहरण مثال দৃষ্টান্ত příklad straße".split()
ASCII = ["example.com", "example.net", "example.org", "mail.example"]
EMOJI = ["🔑", "🐎", "👩‍👩‍👧", "🏴‍☠️"]


def local_part(name, n, own_script):
    """An address's local part: unique by n, in ASCII unless the person's own script is wanted."""
    text = unicodedata.normalize("NFC" if own_script else "NFKD", name).lower()
    kept = r"[^\w]" if own_script else r"[^a-z0-9]"
    words = [w for w in (re.sub(kept, "", p) for p in text.split()) if w]
    while len(".".join(words).encode()) > 40:
        words.pop()
    # Scripts with combining signs, which \w does not take, go without: an address needs none.
    return ".".join([*words, str(n)]) if words else f"p{n}"


def password(fake, rng):
    text = " ".join([fake.name(), *(fake.word() for _ in range(rng.randint(2, 12)))])
    if rng.random() < 0.3:
        text = unicodedata.normalize("NFD", text)
    if rng.random() < 0.1:
        text += " " + rng.choice(EMOJI)
    while len(text) < 8:
        text += " " + fake.word()
    assert len(text.encode()) <= 1024
    return text


def people():
    rng = random.Random(20)
    fakes = {}
    for locale in LOCALES:
        fakes[locale] = Faker(locale)
        fakes[locale].seed_instance(f"postern {locale}")
    for n in range(PEOPLE):
        locale = LOCALES[n % len(LOCALES)]
        fake = fakes[locale]
        name = fake.name()
        own_script = rng.random() < 0.15
        domain = rng.choice(IDN) + ".example" if rng.random() < 0.1 else rng.choice(ASCII)
        yield {
            "locale": locale,
            "email": f"{local_part(name, n, own_script)}@{domain}",
            "name": name,
            "password": password(fake, rng),
        }


def main():
    out = Path(__file__).with_name("people.jsonl.gz")
    rows = "".join(json.dumps(p, ensure_ascii=False) + "\n" for p in people())
    with open(out, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(rows.encode())


if __name__ == "__main__":
    main()
