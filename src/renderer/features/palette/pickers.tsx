/** The palette in its modes: all commands, the project's files, the themes, the languages. */
import { useMemo, useRef, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { COMMANDS, type CommandId } from '../../../shared/commands/table'
import { commandTitle } from '../../../shared/commands/texts'
import { canRun, keysOf, noteRecent, recentCommands, runCommand, useCommandContext } from '../../app/commands'
import { useLab } from '../../app/lab'
import { settingTable, type SettingKey } from '../../app/settings'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'
import { Picker, type PickItem } from './Picker'

interface Props {
  onClose(): void
}

/** Commands that can be run now, those used last first. */
export function CommandPicker({ onClose }: Props): ReactElement {
  const lab = useLab()
  const { palette: text, commands } = useStrings()
  const context = useCommandContext()
  const items = useMemo(() => {
    const recent = recentCommands(lab)
    const rank = (id: CommandId): number => (recent.includes(id) ? recent.indexOf(id) : recent.length)
    return COMMANDS.filter(({ id }) => id !== 'view.palette' && canRun(id, context))
      .toSorted((a, b) => rank(a.id) - rank(b.id))
      .map(({ id, category }): PickItem<CommandId> => {
        const keys = keysOf(id)
        const detail = (
          <>
            {recent.includes(id) && <span className="picker-recent">{text.recent}</span>}
            {keys !== '' && <kbd>{keys}</kbd>}
          </>
        )
        return { id, text: commandTitle(commands, id), group: commands.categories[category], detail }
      })
  }, [lab, context, commands, text])
  function pick(id: CommandId): void {
    noteRecent(lab, id)
    runCommand(lab, id)
  }
  return <Picker title={text.commands} hint={text.commandsHint} items={items} onPick={pick} onClose={onClose} />
}

/** Files of the project; those that are open come first. */
export function FilePicker({ onClose }: Props): ReactElement {
  const { documents, commands } = useLab()
  const { palette: text } = useStrings()
  const { files, open } = useStore(documents.store)
  const items = useMemo(
    () =>
      files
        .filter((file) => file.kind === 'file')
        .toSorted((a, b) => Number(open.includes(b.path)) - Number(open.includes(a.path)))
        .map(({ path }): PickItem<string> => ({ id: path, text: path, icon: 'file', ...(open.includes(path) ? { detail: text.open } : {}) })),
    [files, open, text],
  )
  return <Picker title={text.files} hint={text.filesHint} items={items} onPick={(path) => commands.openFile(path)} onClose={onClose} />
}

interface ChoiceProps extends Props {
  setting: SettingKey
  choices: readonly string[]
  title: string
  hint: string
}

/** One setting's choices. Each shows itself while it is looked at; leaving without a choice takes that back. */
function ChoicePicker({ setting, choices, title, hint, onClose }: ChoiceProps): ReactElement {
  const { settings } = useLab()
  const { settings: text } = useStrings()
  const chosen = useStore(settings.store, (values) => values[setting])
  const [before] = useState(chosen)
  const picked = useRef(false)
  const labels: Readonly<Record<string, string>> = text.choices
  const items = choices.map((id) => ({ id, text: labels[id] ?? id, ...(id === before ? { detail: <Icon name="check" /> } : {}) }))
  const show = (value: unknown): void => settings.accept(setting, value)
  return (
    <Picker
      title={title}
      hint={hint}
      items={items}
      {...(typeof chosen === 'string' ? { selected: chosen } : {})}
      onLook={show}
      onPick={(id) => {
        picked.current = true
        show(id)
      }}
      onClose={() => {
        if (!picked.current) show(before)
        onClose()
      }}
    />
  )
}

export function ThemePicker({ onClose }: Props): ReactElement {
  const { palette: text } = useStrings()
  return <ChoicePicker setting="theme" choices={settingTable.theme.choices} title={text.themes} hint={text.themesHint} onClose={onClose} />
}

export function LanguagePicker({ onClose }: Props): ReactElement {
  const { palette: text } = useStrings()
  return <ChoicePicker setting="language" choices={settingTable.language.choices} title={text.languages} hint={text.languagesHint} onClose={onClose} />
}

export function SpeedPicker({ onClose }: Props): ReactElement {
  const { palette: text } = useStrings()
  return <ChoicePicker setting="machineSpeed" choices={settingTable.machineSpeed.choices} title={text.speeds} hint={text.speedsHint} onClose={onClose} />
}
