/**
 * `[package.metadata.bootimage]`: how kernels of the tutorials say how they are run and tested (the bootimage tool's README,
 * "Configuration"). Bootlab takes the place of that tool as cargo's runner.
 */
import { z } from 'zod'
import { type PcSettings, readQemuArguments } from './qemu-arguments'
import { section } from './boot-metadata'

/** bootimage's own limit for a test. */
const DEFAULT_TEST_TIMEOUT_SECONDS = 300

export interface RunSettings extends PcSettings {
  /** Exit code of isa-debug-exit, `(value << 1) | 1`, that means success of a test. */
  successExitCode?: number
  /** Tests only. */
  timeoutMilliseconds?: number
}

export interface BootimageSettings {
  settings: RunSettings
  /** Sentences about what has no meaning here. */
  remarks: string[]
}

const tableSchema = z.object({
  'run-args': z.array(z.string()).default([]),
  'test-args': z.array(z.string()).default([]),
  'test-timeout': z.number().positive().max(86_400).default(DEFAULT_TEST_TIMEOUT_SECONDS),
  'test-success-exit-code': z.number().int().min(0).max(255).optional(),
  'test-no-reboot': z.boolean().default(true),
})
const SHAPES: Readonly<Record<string, string>> = {
  'run-args': 'a list of texts',
  'test-args': 'a list of texts',
  'test-timeout': 'a number of seconds, at most a day',
  'test-success-exit-code': 'a number from 0 to 255: (value << 1) | 1 for the value that is written to isa-debug-exit',
  'test-no-reboot': 'true or false',
}
/** Keys of bootimage that concern what Bootlab does in its own way. */
const WITHOUT_MEANING: Readonly<Record<string, string>> = {
  'run-command': "the kernel runs in Bootlab's own PC.",
  'build-command': 'cargo has built the kernel already.',
  'default-target': 'cargo has built the kernel already.',
  'minimum-image-size': 'the image is as large as it must be.',
}

/** What cargo, or a person, hands to Rust's own test harness, which a kernel has not. */
const LIBTEST = /^(-q|--(quiet|nocapture|no-capture|show-output|exact|ignored|include-ignored|list|test-threads(=.*)?|format(=.*)?|color(=.*)?|skip(=.*)?))$/

export class MetadataError extends Error {}

/**
 * @param metadata `[package.metadata]`
 * @param isTest remarks on the table as a whole are made when the kernel is run only, not for each test
 * @param more further arguments for QEMU, from the command line
 * @throws MetadataError when a value is not of its kind
 */
export function bootimageSettings(metadata: unknown, isTest: boolean, more: readonly string[]): BootimageSettings {
  const table = section(metadata, 'bootimage')
  const remarks = isTest ? [] : Object.keys(table).flatMap((key) => remarkOn(key))
  const parsed = tableSchema.safeParse(table)
  if (!parsed.success) {
    const key = String(parsed.error.issues[0]?.path[0])
    throw new MetadataError(`[package.metadata.bootimage] ${key} is ${JSON.stringify(table[key])}, and must be ${SHAPES[key]}.`)
  }
  const keys = parsed.data
  const name = isTest ? 'test-args' : 'run-args'
  const own = readQemuArguments(keys[name], name)
  const extra = readQemuArguments(isTest ? more.filter((argument) => !LIBTEST.test(argument)) : more, 'argument')
  const settings: RunSettings = { ...own.settings, ...extra.settings }
  if (isTest) {
    settings.timeoutMilliseconds = keys['test-timeout'] * 1000
    const success = keys['test-success-exit-code']
    if (success !== undefined) settings.successExitCode = success
    settings.endOnReset = keys['test-no-reboot']
  }
  return { settings, remarks: [...remarks, ...own.remarks, ...extra.remarks] }
}

function remarkOn(key: string): string[] {
  if (Object.hasOwn(SHAPES, key)) return []
  const why = Object.hasOwn(WITHOUT_MEANING, key) ? WITHOUT_MEANING[key] : undefined
  return [`[package.metadata.bootimage] ${key} ${why === undefined ? 'is no key that bootimage knows; it is passed over.' : `has no meaning here: ${why}`}`]
}
