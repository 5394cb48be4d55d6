import type { PanelId } from '../panels'
import type { Category, CommandId } from './table'

const titles: Record<Exclude<CommandId, `panel.show.${PanelId}`>, string> = {
  'file.quickOpen': 'Go to file…',
  'file.save': 'Save',
  'file.saveAll': 'Save all',
  'file.next': 'Next open file',
  'file.previous': 'Previous open file',
  'file.close': 'Close file',
  'project.welcome': 'Projects and templates',
  'project.open': 'Open folder…',
  'project.back': 'Back to the editor',

  'build.run': 'Save all and build',
  'build.cancel': 'Stop the running build',
  'build.fixAll': 'Fix all problems that can be mended…',
  'build.copyLog': 'Copy the build log',
  'image.explore': 'Look into the image',
  'image.showLine': "Show this source line's bytes in the image",
  'build.toolchain': 'Check the toolchain…',
  'usb.write': 'Write an image to a USB stick…',

  'machine.boot': 'Save all, build and boot',
  'machine.stop': 'Switch the machine off',
  'machine.reset': 'Press the reset button of the machine',
  'machine.focus': 'Give the keyboard to the machine',
  'machine.copyText': "Copy the screen's text",

  'view.palette': 'Show all commands…',
  'view.editorActions': "Show the editor's own commands…",
  'view.settings': 'Settings…',
  'view.theme': 'Choose the colour theme…',
  'view.language': 'Choose the language…',
  'view.notifications': 'Show the notifications',
  'view.zoomIn': 'Zoom in',
  'view.zoomOut': 'Zoom out',
  'view.zoomReset': 'Reset zoom',

  'panel.next': 'Focus the next panel',
  'panel.previous': 'Focus the previous panel',
  'panel.maximize': 'Maximize or restore the panel',
  'panel.close': 'Close the panel',
  'panel.moveLeft': 'Move the panel to the left',
  'panel.moveRight': 'Move the panel to the right',
  'panel.moveUp': 'Move the panel up',
  'panel.moveDown': 'Move the panel down',
  'panel.wider': 'Make the panel wider',
  'panel.narrower': 'Make the panel narrower',
  'panel.taller': 'Make the panel taller',
  'panel.shorter': 'Make the panel shorter',
  'panel.reset': 'Reset the layout',

  'help.shortcuts': 'Keyboard shortcuts',
}

const categories: Record<Category, string> = { file: 'File', build: 'Build', machine: 'Machine', view: 'View', panel: 'Panel', help: 'Help' }

const panels: Record<PanelId, string> = {
  editor: 'Editor',
  log: 'Build log',
  problems: 'Problems',
  screen: 'Screen',
  serial: 'Serial',
  debug: 'Port E9',
  report: 'Report',
  image: 'Image',
}

/** What the system's own items of the application's menu are called. */
const menu = {
  about: 'About Bootlab',
  hide: 'Hide Bootlab',
  hideOthers: 'Hide Others',
  showAll: 'Show All',
  quit: 'Quit Bootlab',
  closeWindow: 'Close Window',
  edit: 'Edit',
  undo: 'Undo',
  redo: 'Redo',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  selectAll: 'Select All',
  fullScreen: 'Full Screen',
  developerTools: 'Developer Tools',
  window: 'Window',
  minimize: 'Minimize',
  checkForUpdates: 'Check for Updates…',
}

export const commandsEn = { titles, panels, showPanel: (panel: string) => `Show panel: ${panel}`, categories, menu }
