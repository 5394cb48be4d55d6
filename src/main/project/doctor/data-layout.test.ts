import { expect, it } from 'vitest'
import { dataLayout } from './data-layout'

// The judge of today's layouts is clang: src/main/toolchain/data-layout.test.ts.
it.each([
  ['x86_64-unknown-none', 9, 'e-m:e-i64:64-f80:128-n8:16:32:64-S128'],
  ['x86_64-unknown-none', 17, 'e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-f80:128-n8:16:32:64-S128'],
  ['x86_64-unknown-none', 22, 'e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128'],
  ['i686-unknown-none', 9, 'e-m:e-p:32:32-f64:32:64-f80:32-n8:16:32-S128'],
  ['i386-unknown-none-code16', 17, 'e-m:e-p:32:32-p270:32:32-p271:32:32-p272:64:64-f64:32:64-f80:32-n8:16:32-S128'],
  ['riscv64-unknown-none', 22, undefined],
  ['x86_64-apple-darwin', 22, undefined],
])('%s has with LLVM %i the layout of rustc of that time', (triple, llvm, layout) => {
  expect(dataLayout(triple, llvm)).toBe(layout)
})
