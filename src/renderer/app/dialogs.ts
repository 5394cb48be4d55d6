/** One question at a time, answered by a button. The view is `ui/QuestionDialog`. */
import { createStore, type StoreApi } from 'zustand/vanilla'

export interface Choice<Id extends string = string> {
  id: Id
  label: string
  tone?: 'primary' | 'danger'
}

export interface Question {
  title: string
  body: string
  choices: readonly Choice[]
  answer(id: string | undefined): void
}

export interface Dialogs {
  readonly store: StoreApi<{ question: Question | undefined }>
  /** Resolves with the chosen id, or undefined when the person backed out. */
  ask<Id extends string>(question: { title: string; body: string; choices: readonly Choice<Id>[] }): Promise<Id | undefined>
}

export function createDialogs(): Dialogs {
  const store = createStore<{ question: Question | undefined }>(() => ({ question: undefined }))
  let previous: Promise<unknown> = Promise.resolve()
  return {
    store,
    ask({ title, body, choices }) {
      const asked = previous.then(
        () =>
          new Promise<(typeof choices)[number]['id'] | undefined>((resolve) => {
            const answer = (id: string | undefined): void => {
              store.setState({ question: undefined })
              resolve(choices.find((choice) => choice.id === id)?.id)
            }
            store.setState({ question: { title, body, choices, answer } })
          }),
      )
      previous = asked
      return asked
    },
  }
}
