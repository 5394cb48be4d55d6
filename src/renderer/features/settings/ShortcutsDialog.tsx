/** Every command and its keys, by category. */
import { useState, type ReactElement } from 'react'
import { chordLabel, isMac } from '../../../shared/commands/keys'
import { CATEGORIES, COMMANDS } from '../../../shared/commands/table'
import { commandTitle } from '../../../shared/commands/texts'
import { useStrings } from '../../strings'
import { Dialog } from '../../ui/Dialog'
import { SearchField } from '../../ui/SearchField'

export function ShortcutsDialog({ onClose }: { onClose(): void }): ReactElement {
  const { shortcuts: text, commands } = useStrings()
  const [sought, setSought] = useState('')
  const mac = isMac(navigator.platform)
  const rows = COMMANDS.map(({ id, category, keys = [], inMachine }) => ({
    id,
    category,
    inMachine,
    title: commandTitle(commands, id),
    keys: keys.map((chord) => chordLabel(chord, mac)),
  })).filter(({ title, keys }) => [title, ...keys].join(' ').toLowerCase().includes(sought.trim().toLowerCase()))
  return (
    <Dialog title={text.title} onClose={onClose} className="settings">
      <SearchField label={text.search} value={sought} onChange={setSought} />
      <div className="settings-list" tabIndex={0} role="region" aria-label={text.title}>
        {rows.length === 0 && <p className="settings-nothing">{text.nothing}</p>}
        {CATEGORIES.map((category) => {
          const own = rows.filter((row) => row.category === category)
          if (own.length === 0) return null
          return (
            <table key={category} className="shortcuts">
              <caption>{commands.categories[category]}</caption>
              <thead className="visually-hidden">
                <tr>
                  <th scope="col">{text.command}</th>
                  <th scope="col">{text.keys}</th>
                </tr>
              </thead>
              <tbody>
                {own.map(({ id, title, keys, inMachine }) => (
                  <tr key={id}>
                    <th scope="row">
                      {title}
                      {inMachine !== undefined && <span className="shortcuts-note"> ({inMachine === 'paused' ? text.inPausedMachine : text.inMachine})</span>}
                    </th>
                    <td>{keys.length === 0 ? <span className="shortcuts-note">{text.none}</span> : keys.slice(0, 2).map((label) => <kbd key={label}>{label}</kbd>)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        })}
      </div>
    </Dialog>
  )
}
