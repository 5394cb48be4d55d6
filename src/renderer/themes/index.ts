/** The themes, which of them is shown, and how the page takes it. */
import { createStore } from 'zustand/vanilla'
import { useStore } from 'zustand'
import { dark } from './dark'
import { hcDark } from './hc-dark'
import { hcLight } from './hc-light'
import { light } from './light'
import type { Theme } from './theme'

export const themes = { light, dark, 'hc-dark': hcDark, 'hc-light': hcLight } as const satisfies Record<string, Theme>
export type ThemeId = keyof typeof themes
export type ThemeChoice = 'system' | ThemeId

/** What a system asks for. */
export interface SystemLook {
  dark: boolean
  moreContrast: boolean
}

export function themeFor(choice: ThemeChoice, system: SystemLook): ThemeId {
  if (choice !== 'system') return choice
  if (system.moreContrast) return system.dark ? 'hc-dark' : 'hc-light'
  return system.dark ? 'dark' : 'light'
}

const store = createStore<{ id: ThemeId }>(() => ({ id: 'dark' }))

/** The theme shown; follows changes. */
export const useThemeId = (): ThemeId => useStore(store, ({ id }) => id)

/** The style sheets' custom properties: `--text-soft: #9aa6b5`. */
export function customProperties({ palette, shadow }: Theme): [name: string, value: string][] {
  const colours = Object.entries(palette).map(([name, colour]): [string, string] => [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, colour])
  return [...colours, ['--shadow', shadow]]
}

const queries = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)'] as const

/** Shows the theme that the choice means, now and whenever the system changes its mind. */
export function createThemeSwitch(page: Window): (choice: ThemeChoice) => void {
  const [isDark, moreContrast, forced] = queries.map((query) => page.matchMedia(query))
  let chosen: ThemeChoice = 'system'
  function show(): void {
    const id = themeFor(chosen, { dark: isDark?.matches ?? true, moreContrast: Boolean(moreContrast?.matches || forced?.matches) })
    const theme: Theme = themes[id]
    const root = page.document.documentElement
    for (const [name, value] of customProperties(theme)) root.style.setProperty(name, value)
    root.style.colorScheme = theme.kind
    root.dataset['theme'] = id
    root.dataset['contrast'] = theme.highContrast ? 'high' : 'normal'
    store.setState({ id })
  }
  for (const query of [isDark, moreContrast, forced]) query?.addEventListener('change', show)
  show()
  return (choice) => {
    chosen = choice
    show()
  }
}
