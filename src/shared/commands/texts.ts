/** What the commands are called, by language. */
import type { Language } from '../languages'
import { PANEL_IDS } from '../panels'
import { commandsEn } from './en'
import type { CommandId } from './table'
import { commandsZhCn } from './zh-CN'

export type CommandTexts = typeof commandsEn

export const commandTexts: Readonly<Record<Language, CommandTexts>> = { en: commandsEn, 'zh-CN': commandsZhCn }

/** What a command is called. */
export function commandTitle({ titles, panels, showPanel }: CommandTexts, id: CommandId): string {
  const panel = PANEL_IDS.find((one) => id === `panel.show.${one}`)
  const known: Partial<Record<CommandId, string>> = titles
  return panel === undefined ? (known[id] ?? id) : showPanel(panels[panel])
}
