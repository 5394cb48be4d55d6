import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { languageIn } from './file-language'
import { languageName } from './monaco/languages'

/** In the status bar: the language of the file in front; pressed, it can be changed. */
export function LanguageStatus(): ReactElement | null {
  const { language: text } = useStrings()
  const { documents, fileLanguages, surfaces } = useLab()
  const active = useStore(documents.store, (state) => state.active)
  const language = useStore(fileLanguages.store, (state) => (active === undefined ? 'plaintext' : languageIn(state, active)))
  if (active === undefined) return null
  const name = language === 'plaintext' ? text.plain : languageName(language)
  return (
    <button type="button" className="status-item" title={text.change(name)} aria-label={text.change(name)} onClick={() => surfaces.show('file-language')}>
      {name}
    </button>
  )
}
