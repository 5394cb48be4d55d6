import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Icon } from '../../ui/Icon'
import { Picker } from '../palette/Picker'
import { languageIn } from './file-language'
import { fileLanguages as table, isFileLanguage } from './monaco/languages'

const AUTO = 'auto'

/** Chooses the language that the file in front is highlighted as. */
export function FileLanguagePicker({ onClose }: { onClose(): void }): ReactElement {
  const { language: text } = useStrings()
  const { documents, fileLanguages } = useLab()
  const active = useStore(documents.store, (state) => state.active)
  const state = useStore(fileLanguages.store)
  const current = active === undefined ? undefined : languageIn(state, active)
  const items = [
    { id: AUTO, text: text.auto },
    ...table.map(({ id, name }) => ({ id: String(id), text: id === 'plaintext' ? text.plain : name, ...(id === current ? { detail: <Icon name="check" /> } : {}) })),
  ]
  return (
    <Picker
      title={text.title}
      hint={text.hint}
      items={items}
      onPick={(id) => {
        if (active !== undefined) fileLanguages.choose(active, isFileLanguage(id) ? id : undefined)
      }}
      onClose={onClose}
    />
  )
}
