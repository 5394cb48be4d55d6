import { CODE_KEYS } from './keys-code'
import { LINK_KEYS } from './keys-link'
import { PLATFORM_KEYS } from './keys-platform'
import type { TargetKey } from './key'

/**
 * Every key of Rust's target specification: one row each, which says what its value may be, what it does, and what it means
 * for C. Source: `rustc -Zunstable-options --print target-spec-json-schema` (a test compares with it), and
 * rustc's `rustc_target::spec` documentation.
 */
export const TARGET_KEYS = { ...CODE_KEYS, ...LINK_KEYS, ...PLATFORM_KEYS } as const

export type TargetKeyName = keyof typeof TARGET_KEYS
type ValueOf<K> = K extends TargetKey<infer T> ? T : never

/** A checked target specification: the keys that are known, typed. */
export type TargetSpec = { readonly [K in TargetKeyName]?: ValueOf<(typeof TARGET_KEYS)[K]> } & {
  readonly [K in 'llvm-target' | 'data-layout' | 'arch']: string
} & { readonly 'target-pointer-width': number }

export function isTargetKey(name: string): name is TargetKeyName {
  return Object.hasOwn(TARGET_KEYS, name)
}
