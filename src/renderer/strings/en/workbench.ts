/** Panels, the palette, and the page of shortcuts. Commands are called as `src/shared/commands` says. */

export const workbench = {
  panels: {
    label: 'Workbench',
    close: (title: string) => `Close ${title}`,
    maximize: 'Maximize the panel',
    restore: 'Restore the panel',
    empty: 'All panels are closed.',
    emptyHint: 'Reset the layout to see them again.',
    opened: (title: string) => `${title} is open`,
    closed: (title: string) => `${title} is closed`,
    maximized: (title: string) => `${title} is maximized`,
    restored: (title: string) => `${title} has its size again`,
  },

  palette: {
    commands: 'Commands',
    commandsHint: 'Type the name of a command',
    files: 'Go to file',
    filesHint: 'Type parts of a file name',
    themes: 'Colour theme',
    themesHint: 'Choose a theme',
    languages: 'Language',
    languagesHint: 'Choose a language',
    speeds: 'Speed of the machine',
    speedsHint: 'Choose a speed',
    nothing: 'Nothing fits.',
    recent: 'recently used',
    results: (count: number) => (count === 1 ? '1 entry' : `${count} entries`),
    open: 'open',
  },

  shortcuts: {
    title: 'Keyboard shortcuts',
    search: 'Search shortcuts',
    command: 'Command',
    keys: 'Keys',
    none: 'none: by the palette',
    nothing: 'No command fits.',
    inMachine: 'also while the machine has the keyboard',
    inPausedMachine: 'also while a paused machine has the keyboard',
  },
}
