import { useEffect, useRef, useState, type FormEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { toFailure, type Failure } from '../../../shared/failure'
import { useLab } from '../../app/lab'
import { strings } from '../../app/strings'
import { Button } from '../../ui/Button'
import { FailureText } from '../../ui/FailureText'
import { Field } from '../../ui/Field'
import { joinPath } from '../projects/projects'

const { save: text } = strings.usb

type Saving = { percent: number } | { saved: string } | { failure: Failure }

/** The image as a file, packed if its name says so: for other programs, or where drives cannot be written. */
export function SaveImage(): ReactElement | null {
  const { usb, projects, connection, attempt } = useLab()
  const { image, directory } = useStore(usb.store)
  const info = useStore(projects.store, (state) => state.info)
  const [asking, setAsking] = useState(false)
  const [path, setPath] = useState('')
  const [saving, setSaving] = useState<Saving>()
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  if (image.status !== 'ready') return null
  const proposed = image.facts.name.replace(/\.(gz|xz|zst)$/, '')

  async function save(to: string, replace: boolean): Promise<void> {
    const controller = new AbortController()
    running.current = controller
    setSaving({ percent: 0 })
    try {
      const done = await connection.listen('images.save', { source: usb.source(), to, replace }, ({ done: bytes, total }) => setSaving({ percent: total > 0 ? Math.floor((bytes / total) * 100) : 0 }), { signal: controller.signal })
      setSaving({ saved: text.saved(done.path, done.fileBytes) })
    } catch (error) {
      if (!controller.signal.aborted) setSaving({ failure: toFailure(error) })
    }
  }
  function ask(): void {
    if (!info?.canPickDirectory) {
      setPath(joinPath(info?.platform ?? '', directory, `${proposed}.gz`))
      return setAsking(true)
    }
    attempt(
      connection.call('app.pickSavePath', { title: text.title, name: `${proposed}.gz` }).then((to) => {
        // The system's dialog has asked about a file that is there.
        if (to !== null) return save(to, true)
      }),
    )
  }
  function submit(event: FormEvent): void {
    event.preventDefault()
    void save(path.trim(), false)
  }
  return (
    <div className="usb-save">
      {!asking && (
        <Button tone="quiet" onClick={ask}>
          {text.open}
        </Button>
      )}
      {asking && (
        <form onSubmit={submit}>
          <Field label={text.path} value={path} onChange={setPath} hint={text.hint} mono>
            <Button submit disabled={path.trim() === '' || (saving !== undefined && 'percent' in saving)}>
              {text.save}
            </Button>
          </Field>
        </form>
      )}
      <div role="status">
        {saving && 'percent' in saving && <p className="usb-note">{text.saving(saving.percent)}</p>}
        {saving && 'saved' in saving && <p className="usb-note">{saving.saved}</p>}
      </div>
      {saving && 'failure' in saving && (
        <>
          <FailureText failure={saving.failure} />
          {saving.failure.code === 'exists' && <Button onClick={() => void save(path.trim(), true)}>{text.replace}</Button>}
        </>
      )}
    </div>
  )
}
