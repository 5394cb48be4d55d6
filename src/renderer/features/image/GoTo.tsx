import { useState, type FormEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { SearchField } from '../../ui/SearchField'

/** To an offset, sector, symbol, source line or file. */
export function GoTo(): ReactElement {
  const { explorer, attempt } = useLab()
  const { image: text } = useStrings()
  const search = useStore(explorer.store, (state) => state.search)
  const [typed, setTyped] = useState('')

  function submit(event: FormEvent): void {
    event.preventDefault()
    attempt(explorer.goTo(typed))
  }
  return (
    <form className="image-go" role="search" onSubmit={submit}>
      <SearchField label={text.goTo} value={typed} onChange={setTyped} />
      <Button submit disabled={typed.trim() === ''}>
        {text.go}
      </Button>
      <p className="image-found" role="status">
        {search && 'failure' in search && <span className="image-missing">{search.failure.what}</span>}
        {search && 'places' in search && <Found places={search.places} at={search.at} />}
      </p>
    </form>
  )
}

function Found({ places, at }: { places: readonly { line?: number | undefined }[]; at: number }): ReactElement {
  const { image: text } = useStrings()
  const line = places[at]?.line
  return <>{[places.length > 1 && text.placeOf(at + 1, places.length), line !== undefined && text.foundLine(line)].filter((part) => part !== false).join(', ')}</>
}
