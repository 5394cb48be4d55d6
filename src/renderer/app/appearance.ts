/** Makes the settings of language, theme and zoom true in the page, now and at every change. */
import { languageFor } from '../../shared/languages'
import { setLanguage } from '../strings'
import { createThemeSwitch } from '../themes'
import type { Settings, SettingValues } from './settings'

export function followSettings(settings: Settings, page: Window): void {
  const showTheme = createThemeSwitch(page)
  const root = page.document.documentElement
  function apply({ language, theme, zoom }: SettingValues): void {
    const spoken = language === 'system' ? languageFor(page.navigator.languages) : language
    setLanguage(spoken)
    root.lang = spoken
    showTheme(theme)
    // All lengths of the style sheets are in rem, so that they follow. Percent, because the browser's own size of text is its user's choice.
    root.style.fontSize = `${zoom}%`
  }
  settings.store.subscribe(apply)
  apply(settings.store.getState())
}
