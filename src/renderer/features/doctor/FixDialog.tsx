import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'

/** What a fix changes, before it does. */
export function FixDialog(): ReactElement | null {
  const { fixes: text, dialog } = useStrings()
  const { projectDoctor, attempt } = useLab()
  const preview = useStore(projectDoctor.store, (state) => state.preview)
  if (!preview) return null
  return (
    <Dialog title={preview.title} onClose={projectDoctor.dismiss} className="fixes">
      <div className="fixes-diffs" tabIndex={0}>
        {preview.changes.map(({ path, diff }) => (
          <section key={path} aria-label={text.changesOf(path)}>
            <h3>{path}</h3>
            <pre className="diff" tabIndex={0}>
              {diffLines(diff).map(({ kind, content }, index) => (
                // Lines of a diff have no identity beyond their order, which never changes.
                // oxlint-disable-next-line react/no-array-index-key
                <span key={index} className={`diff-${kind}`}>
                  {content}
                </span>
              ))}
            </pre>
          </section>
        ))}
      </div>
      <footer className="dialog-footer">
        <span className="fixes-hint">{text.hint}</span>
        <Button tone="quiet" onClick={projectDoctor.dismiss}>
          {dialog.cancel}
        </Button>
        <Button tone="primary" onClick={() => attempt(projectDoctor.apply())}>
          {text.apply}
        </Button>
      </footer>
    </Dialog>
  )
}

const KINDS: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'place' }

/** The lines below the two names, which the heading says already. */
function diffLines(diff: string): { kind: string; content: string }[] {
  return diff
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((line) => ({ kind: KINDS[line[0] ?? ''] ?? 'same', content: `${line}\n` }))
}
