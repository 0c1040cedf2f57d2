/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The command line, behind the program's name: does what is typed. Returns an exit status, which
 * --help explains. An argc of 0 is misuse, also where the caller was given no name (argc -1).
 */
int cli_main(int argc, char **argv);
