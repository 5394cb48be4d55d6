/** The sources of the runtime (resources/runtime). They travel inside the bundle, so nothing is looked up at run time. */
import ashl from '../../../../resources/runtime/ashl.c?raw'
import ashr from '../../../../resources/runtime/ashr.c?raw'
import div from '../../../../resources/runtime/div.c?raw'
import divmod from '../../../../resources/runtime/divmod.c?raw'
import lshr from '../../../../resources/runtime/lshr.c?raw'
import memcmp from '../../../../resources/runtime/memcmp.c?raw'
import memcpy from '../../../../resources/runtime/memcpy.c?raw'
import memmove from '../../../../resources/runtime/memmove.c?raw'
import memset from '../../../../resources/runtime/memset.c?raw'
import mod from '../../../../resources/runtime/mod.c?raw'
import mulo from '../../../../resources/runtime/mulo.c?raw'
import runtimeHeader from '../../../../resources/runtime/runtime.h?raw'
import udiv from '../../../../resources/runtime/udiv.c?raw'
import udivmod from '../../../../resources/runtime/udivmod.c?raw'
import umod from '../../../../resources/runtime/umod.c?raw'
import wideHeader from '../../../../resources/runtime/wide.h?raw'

/** One function each, so that a kernel may define any of them itself. */
export const RUNTIME_SOURCES: Readonly<Record<string, string>> = {
  'ashl.c': ashl,
  'ashr.c': ashr,
  'div.c': div,
  'divmod.c': divmod,
  'lshr.c': lshr,
  'memcmp.c': memcmp,
  'memcpy.c': memcpy,
  'memmove.c': memmove,
  'memset.c': memset,
  'mod.c': mod,
  'mulo.c': mulo,
  'udiv.c': udiv,
  'udivmod.c': udivmod,
  'umod.c': umod,
}

export const RUNTIME_HEADERS: Readonly<Record<string, string>> = { 'runtime.h': runtimeHeader, 'wide.h': wideHeader }
