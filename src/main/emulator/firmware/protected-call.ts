import { FirmwareCall } from './call'

/**
 * A far call of the BIOS by a program in protected mode. Its result is in the carry flag itself, as nothing was pushed that holds flags.
 */
export class ProtectedCall extends FirmwareCall {
  #failed = false

  override get carry(): boolean { return this.#failed }
  override set carry(on: boolean) { this.#failed = on }
}
