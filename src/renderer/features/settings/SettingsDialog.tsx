/** The settings, as their table has them; what is changed applies at once. */
import { useId, useState, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { settingKeys, settingRows, type SettingCategory, type SettingKey } from '../../app/settings'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { SearchField } from '../../ui/SearchField'
import { SettingControl } from './SettingControl'

const categories: readonly SettingCategory[] = ['appearance', 'editor', 'machine']

export function SettingsDialog({ onClose }: { onClose(): void }): ReactElement {
  const { settings: text } = useStrings()
  const [sought, setSought] = useState('')
  const words = sought.toLowerCase().split(/\s+/)
  const fits = (key: SettingKey): boolean => {
    const { title, description } = text.entries[key]
    const searched = [title, description, text.categories[settingRows[key].category], key].join(' ').toLowerCase()
    return words.every((word) => searched.includes(word))
  }
  const shown = settingKeys.filter(fits)
  return (
    <Dialog title={text.title} onClose={onClose} className="settings">
      <SearchField label={text.search} value={sought} onChange={setSought} />
      <div className="settings-list" tabIndex={0} role="region" aria-label={text.title}>
        {shown.length === 0 && <p className="settings-nothing">{text.nothing}</p>}
        {categories.map((category) => {
          const keys = shown.filter((key) => settingRows[key].category === category)
          if (keys.length === 0) return null
          return (
            <section key={category}>
              <h3>{text.categories[category]}</h3>
              {keys.map((key) => (
                <Setting key={key} setting={key} />
              ))}
            </section>
          )
        })}
      </div>
    </Dialog>
  )
}

function Setting({ setting }: { setting: SettingKey }): ReactElement {
  const { settings: text } = useStrings()
  const { settings } = useLab()
  const value = useStore(settings.store, (values) => values[setting])
  const row = settingRows[setting]
  const { title, description } = text.entries[setting]
  const id = useId()
  return (
    <div className="setting" data-setting={setting}>
      <label htmlFor={id}>{title}</label>
      <p id={`${id}-about`}>
        {description}
        {row.type === 'number' && <> {text.range(row.min, row.max)}</>}
      </p>
      <div className="setting-row">
        <SettingControl id={id} setting={setting} />
        {value !== row.default && (
          <Button tone="quiet" aria-label={text.reset(title)} title={text.reset(title)} onClick={() => settings.reset(setting)}>
            {text.resetShort}
          </Button>
        )}
      </div>
    </div>
  )
}
