import { expect, it } from 'vitest'
import { parseDepfile } from './depfile'

// As the tools wrote them, on each operating system.
it.each([
  ['clang on Linux', 'k.o: é\\ b.c inc/h.h \\\n  inc/second.h\n', ['é b.c', 'inc/h.h', 'inc/second.h']],
  ['clang on macOS', '/Users/ann/My\\ Kernel/build/k.o: src/main.c \\\n  /Users/ann/My\\ Kernel/inc/a$$b.h \\\n  inc/c\\#.h\n', ['src/main.c', '/Users/ann/My Kernel/inc/a$b.h', 'inc/c#.h']],
  ['clang on Windows', 'C:\\Users\\Jörg\\My\\ Kernel\\build\\k.o: src\\main.c \\\r\n  C:\\Users\\Jörg\\My\\ Kernel\\inc\\a.h\r\n', ['src\\main.c', 'C:\\Users\\Jörg\\My Kernel\\inc\\a.h']],
  ['clang on Windows, slashes forward', 'k.o: D:/k/main.c D:/k/inc/a.h\n', ['D:/k/main.c', 'D:/k/inc/a.h']],
  ['nasm', 'a.o : a.asm inc/b.inc data.bin\n', ['a.asm', 'inc/b.inc', 'data.bin']],
  ['ld.lld, with rules of their own for each input', 'a.elf: \\\n k.ld \\\n inc.ld \\\n a.o\n\nk.ld:\n\ninc.ld:\n\na.o:\n', ['k.ld', 'inc.ld', 'a.o']],
  ['a source without anything', 'a.o:\n', []],
])('%s', (_, text, inputs) => expect(parseDepfile(text)).toEqual(inputs))
