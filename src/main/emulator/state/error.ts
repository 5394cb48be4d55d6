import { LabError } from '../../../shared/failure'

/** A saved state that cannot be used. */
export class StateError extends LabError {
  constructor(what: string, { why, next }: { why?: string; next?: string } = {}) {
    super({ code: 'bad-input', what, why, next })
    this.name = 'StateError'
  }
}

/** The file was changed after it was written, or was never whole. @param how what shows it */
export function damaged(how: string): StateError {
  return new StateError(`The saved state is damaged: ${how}.`, {
    why: 'A machine that had only a part of its state would go wrong later, so that nothing of it was used.',
    next: 'Take another copy of the file, or save the state again.',
  })
}
