/**
 * The application menu: the lab's commands, and what the system expects. Commands come from the one table; the page says which of them
 * can be run and in which language, and hears what is chosen. Keys are the page's: the menu only shows them.
 */
import { Menu, type MenuItemConstructorOptions } from 'electron'
import { acceleratorOf } from '../../shared/commands/keys'
import { COMMANDS, type Category } from '../../shared/commands/table'
import { commandTexts, commandTitle } from '../../shared/commands/texts'
import type { AppMenu } from '../../shared/contract'
import type { Language } from '../../shared/languages'
import { speak } from './texts'

type Items = MenuItemConstructorOptions[]

interface Choices {
  /** Undefined while no page listens: then no command can be chosen. */
  onCommand: ((command: string) => void) | undefined
  /** Undefined where the app cannot update itself. */
  onCheckForUpdates: (() => void) | undefined
}

function menuTemplate(platform: NodeJS.Platform, { language, disabled }: AppMenu, { onCommand, onCheckForUpdates }: Choices): Items {
  const texts = commandTexts[language]
  const { menu } = texts
  const mac = platform === 'darwin'
  const commandsOf = (category: Category): Items =>
    COMMANDS.filter((command) => command.category === category).map(({ id, keys = [] }) => ({
      id,
      label: commandTitle(texts, id),
      enabled: onCommand !== undefined && !disabled.includes(id),
      click: () => onCommand?.(id),
      ...(keys[0] === undefined ? {} : { accelerator: acceleratorOf(keys[0]), registerAccelerator: false }),
    }))
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const appMenu: Items = [
    { role: 'about', label: menu.about },
    separator,
    { role: 'hide', label: menu.hide },
    { role: 'hideOthers', label: menu.hideOthers },
    { role: 'unhide', label: menu.showAll },
    separator,
    { role: 'quit', label: menu.quit },
  ]
  const updates: Items = onCheckForUpdates ? [separator, { label: menu.checkForUpdates, click: onCheckForUpdates }] : []
  return [
    ...(mac ? [{ label: 'Bootlab', submenu: appMenu }] : []),
    { label: texts.categories.file, submenu: [...commandsOf('file'), separator, mac ? { role: 'close', label: menu.closeWindow } : { role: 'quit', label: menu.quit }] },
    {
      label: menu.edit,
      role: 'editMenu',
      submenu: [
        { role: 'undo', label: menu.undo },
        { role: 'redo', label: menu.redo },
        separator,
        { role: 'cut', label: menu.cut },
        { role: 'copy', label: menu.copy },
        { role: 'paste', label: menu.paste },
        { role: 'selectAll', label: menu.selectAll },
      ],
    },
    { label: texts.categories.build, submenu: commandsOf('build') },
    { label: texts.categories.machine, submenu: commandsOf('machine') },
    {
      label: texts.categories.view,
      submenu: [...commandsOf('view'), separator, { role: 'togglefullscreen', label: menu.fullScreen }, { role: 'toggleDevTools', label: menu.developerTools }],
    },
    { label: texts.categories.panel, submenu: commandsOf('panel') },
    { label: menu.window, role: 'windowMenu', submenu: [{ role: 'minimize', label: menu.minimize }, { role: 'close', label: menu.closeWindow }] },
    { label: texts.categories.help, role: 'help', submenu: [...commandsOf('help'), ...updates] },
  ]
}

/** Shows menus: one without commands at once, a page's own from then on. */
export function createMenu(platform: NodeJS.Platform, language: Language, onCheckForUpdates: Choices['onCheckForUpdates']) {
  let current: symbol | undefined
  function show(menu: AppMenu, onCommand?: (command: string) => void): void {
    speak(menu.language)
    Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(platform, menu, { onCommand, onCheckForUpdates })))
  }
  show({ language, disabled: [] })
  return {
    /** Returns a function that takes the page's part in it away. */
    showMenu(menu: AppMenu, onCommand: (command: string) => void): () => void {
      const mine = Symbol('menu')
      current = mine
      show(menu, onCommand)
      return () => {
        // A page says anew what its menu is before it lets go of the one before.
        if (current === mine) show(menu)
      }
    },
  }
}
