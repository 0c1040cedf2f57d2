# SPDX-License-Identifier: MIT
# What somebody reads in a mail: usage: mail.py FILE. Prints its code and the token of its link, "-"
# for what it does not have.
import email
import email.policy
import re
import sys

with open(sys.argv[1], "rb") as file:
    mail = email.message_from_binary_file(file, policy=email.policy.default)
text = mail.get_body(("plain",)).get_content()
code = re.search(r"^ +(\d{4}[ -]?\d{4})$", text, re.M)
link = re.search(r"^https?://\S*[#?&/=]([A-Za-z0-9_-]{71})$", text, re.M)
print(re.sub("[ -]", "", code.group(1)) if code else "-", link.group(1) if link else "-")
