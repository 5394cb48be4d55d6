/** Plays what the machine's speaker does, a little later, by the Web Audio API (W3C): a square wave whose pitch and volume follow the guest's time. */
import type { Tone } from '../../../shared/machine-schemas'
import type { Settings } from '../../app/settings'
import type { Machine } from './machine'

/** Tones come in batches of some milliseconds: so much later they are heard, in seconds. */
const DELAY = 0.06
/** A guest whose time is this far off from what is played, in seconds, is heard from now on at once. */
const DRIFT = 0.5
/** A square wave is loud. */
const VOLUME = 0.06
/** Nobody hears more, and an oscillator takes no more than half the sample rate, in hertz. */
const HIGHEST = 20_000

/**
 * When a tone is to be heard.
 * @param at guest's time of the tone, in seconds
 * @param now the audio clock, in seconds
 * @param offset between the two so far; undefined: nothing was played yet
 * @returns the offset from now on
 */
export function playOffset(at: number, now: number, offset: number | undefined): number {
  const early = offset === undefined ? Infinity : at + offset - now
  return offset !== undefined && early >= 0 && early <= DRIFT ? offset : now + DELAY - at
}

interface Playing {
  context: AudioContext
  oscillator: OscillatorNode
  gain: GainNode
}

export class Speaker {
  #playing: Playing | undefined
  #offset: number | undefined

  play(tones: readonly Tone[]): void {
    const { context, oscillator, gain } = (this.#playing ??= start())
    for (const { at, hertz } of tones) {
      this.#offset = playOffset(at / 1e6, context.currentTime, this.#offset)
      const time = at / 1e6 + this.#offset
      if (hertz > 0) oscillator.frequency.setValueAtTime(Math.min(hertz, HIGHEST), time)
      gain.gain.setValueAtTime(hertz > 0 ? VOLUME : 0, time)
    }
  }

  /** Silence, and nothing of what was still to come. The next tone begins anew. */
  stop(): void {
    const playing = this.#playing
    this.#playing = this.#offset = undefined
    if (playing) void playing.context.close()
  }
}

function start(): Playing {
  const context = new AudioContext()
  const oscillator = new OscillatorNode(context, { type: 'square' })
  const gain = new GainNode(context, { gain: 0 })
  oscillator.connect(gain).connect(context.destination)
  oscillator.start()
  return { context, oscillator, gain }
}

/** The machine's speaker is heard while the setting says so; with the machine's end or pause it is silent. */
export function hearSpeaker({ machine, settings }: { machine: Machine; settings: Settings }): void {
  const speaker = new Speaker()
  const isHeard = (): boolean => settings.store.getState().sound && machine.store.getState().phase === 'on'
  const stopUnlessHeard = (): void => {
    if (!isHeard() || machine.store.getState().state?.paused !== undefined) speaker.stop()
  }
  machine.onSound((tones) => {
    if (isHeard()) speaker.play(tones)
  })
  machine.store.subscribe(stopUnlessHeard)
  settings.store.subscribe(stopUnlessHeard)
}
