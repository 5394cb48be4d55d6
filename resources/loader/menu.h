/* The menu that lets a person choose between the entries of the boot configuration. */
#ifndef BOOTLAB_MENU_H
#define BOOTLAB_MENU_H

#include "finding.h"

struct menu {
  uint32_t count;
  const char *titles[CONFIG_MAX_ENTRIES];
  /* The one that is marked at first, from 0 on */
  uint32_t chosen;
  /* Seconds until that one is booted; without it the menu waits for a person */
  bool has_timeout;
  uint32_t timeout;
};

/** Shows the menu on screen and serial line and returns the number of the entry that was chosen. The screen is clear then. */
uint32_t menu_choose(const struct menu *menu);

#endif
