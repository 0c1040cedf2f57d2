/* SPDX-License-Identifier: MIT */
/* Settings from YAML text. Private to conf. */
#pragma once

#include "conf/setting.h"

/*
 * Reads the maps of one YAML document as dotted keys into t->out. Only what settings need is
 * understood: no sequences, anchors, aliases or tags, and no second document. Every fault is added
 * as "name:line: ...", up to a few dozen.
 */
void conf_yaml(struct str name, struct str text, const struct conf_target *t);
