/** Why the machine is paused, in words; undefined while it runs. */
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { pauseText } from './words'

export function usePauseText(): string | undefined {
  const { machine, debug } = useLab()
  const strings = useStrings()
  const paused = useStore(machine.store, ({ phase, state }) => (phase === 'on' ? state?.paused : undefined))
  const here = useStore(debug.store, (state) => state.here)
  return paused && pauseText(paused, strings, here?.address === paused.address ? here : undefined)
}
