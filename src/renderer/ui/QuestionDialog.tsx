import type { ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../app/lab'
import { useStrings } from '../strings'
import { Button } from './Button'
import { Dialog } from './Dialog'

export function QuestionDialog(): ReactElement | null {
  const { dialog } = useStrings()
  const { dialogs } = useLab()
  const question = useStore(dialogs.store, (state) => state.question)
  if (!question) return null
  return (
    <Dialog title={question.title} onClose={() => question.answer(undefined)}>
      <p className="dialog-body">{question.body}</p>
      <footer className="dialog-footer">
        <Button tone="quiet" onClick={() => question.answer(undefined)}>
          {dialog.cancel}
        </Button>
        {question.choices.map((choice) => (
          <Button key={choice.id} tone={choice.tone ?? 'plain'} onClick={() => question.answer(choice.id)}>
            {choice.label}
          </Button>
        ))}
      </footer>
    </Dialog>
  )
}
