/** The settings: what each is called, and what it does. The table is in `app/settings.ts`. */

export const settings = {
  settings: {
    title: 'Settings',
    search: 'Search settings',
    nothing: 'No setting fits.',
    reset: (title: string) => `Reset ${title} to its default`,
    resetShort: 'Default',
    range: (least: number, most: number) => `From ${least} to ${most}.`,
    categories: { appearance: 'Appearance', editor: 'Editor', machine: 'Machine' },
    entries: {
      language: { title: 'Language', description: 'The language of the window. Messages of compilers and of the lab itself stay in English.' },
      theme: { title: 'Colour theme', description: 'Colours of the window, the editor and the terminals. “System” follows the system, also where it asks for high contrast.' },
      zoom: { title: 'Zoom', description: 'Size of everything in the window, in percent.' },
      editorFontSize: { title: 'Font size', description: 'Size of the text in the editor, in pixels at 100 % zoom.' },
      editorTabSize: { title: 'Tab size', description: 'Columns of a tab, where a file does not show another width itself.' },
      editorWordWrap: { title: 'Word wrap', description: 'Breaks long lines at the edge of the editor.' },
      editorMinimap: { title: 'Minimap', description: 'A small picture of the whole file beside its text.' },
      languageServers: { title: 'Language servers', description: 'Completion, hovers and definitions by clangd and rust-analyzer, where they are installed. They read the project; nothing of theirs is written there.' },
      terminalFontSize: { title: 'Terminal font size', description: 'Size of the text of the serial ports, in pixels at 100 % zoom.' },
      keyboardOnBoot: { title: 'Keyboard on boot', description: 'Gives the keyboard to the machine each time it boots, without a click on its screen.' },
      keyboardLeave: { title: 'Keys that leave the machine', description: 'Pressed and let go alone, they give the keyboard back to the window.' },
    },
    choices: {
      system: 'System',
      en: 'English',
      'zh-CN': '简体中文',
      light: 'Light',
      dark: 'Dark',
      'hc-dark': 'High contrast, dark',
      'hc-light': 'High contrast, light',
      'ctrl-alt': 'Left Ctrl + left Alt',
      'right-ctrl': 'Right Ctrl',
    },
  },
}
