/** The loader's sources for the Limine boot protocol. */
import { version } from '../../../package.json'
import acpi from '../../../resources/loader/acpi.c?raw'
import acpiHeader from '../../../resources/loader/acpi.h?raw'
import limine from '../../../resources/loader/limine.c?raw'
import limineHeader from '../../../resources/loader/limine.h?raw'
import entry from '../../../resources/loader/limine_entry.S?raw'
import features from '../../../resources/loader/limine_features.c?raw'
import machine from '../../../resources/loader/limine_machine.c?raw'
import madt from '../../../resources/loader/limine_madt.c?raw'
import madtHeader from '../../../resources/loader/limine_madt.h?raw'
import map from '../../../resources/loader/limine_map.c?raw'
import processors from '../../../resources/loader/limine_processors.c?raw'
import requests from '../../../resources/loader/limine_requests.c?raw'
import time from '../../../resources/loader/limine_time.c?raw'
import type { FlatSource } from './assembler'
import { LIMINE_COMMON, LIMINE_END_MARKER, LIMINE_FEATURES, LIMINE_HIGHEST_REVISION, LIMINE_LOWEST_ADDRESS, LIMINE_REVISION_TAG, LIMINE_SECTION, LIMINE_START_MARKER } from './limine-requests'

/** Offsets in struct limine_start of limine.h, where limine_entry.S finds a processor's state. */
const START = {
  START_CR3: 0,
  START_CR4: 8,
  START_EFER: 16,
  START_STACK: 24,
  START_ENTRY: 32,
  START_PROCESSOR: 40,
  START_OBSOLETE: 48,
  START_PARKED: 56,
} as const

const words = (values: readonly bigint[]): string => values.map((value) => `0x${value.toString(16)}ull`).join(', ')

/** Numbers as a C header. LIMINE_FEATURES(X) names every feature as X(KEY, "name", third word, fourth word). */
function numbersHeader(): string {
  const defines: readonly (readonly [name: string, value: string])[] = [
    ['LOADER_VERSION', JSON.stringify(version)],
    ['LIMINE_COMMON', words(LIMINE_COMMON)],
    ['LIMINE_REVISION_TAG', words(LIMINE_REVISION_TAG)],
    ['LIMINE_START_MARKER', words(LIMINE_START_MARKER)],
    ['LIMINE_END_MARKER', words(LIMINE_END_MARKER)],
    ['LIMINE_HIGHEST_REVISION', String(LIMINE_HIGHEST_REVISION)],
    ['LIMINE_LOWEST_ADDRESS', words([LIMINE_LOWEST_ADDRESS])],
    ['LIMINE_SECTION', JSON.stringify(LIMINE_SECTION)],
    ...Object.entries(START).map(([name, offset]) => [name, String(offset)] as const),
    ['LIMINE_FEATURES(X)', LIMINE_FEATURES.map(({ key, name, id }) => `\\\n  X(${key}, ${JSON.stringify(name)}, ${words(id)})`).join(' ')],
  ]
  return defines.map(([name, value]) => `#define ${name} ${value}\n`).join('')
}

/** Part of what enters a kernel. */
export const LIMINE_SOURCES: readonly FlatSource[] = [
  { name: 'acpi.h', text: acpiHeader },
  { name: 'limine.h', text: limineHeader },
  { name: 'limine_madt.h', text: madtHeader },
  { name: 'limine_numbers.h', text: numbersHeader() },
  { name: 'acpi.c', text: acpi },
  { name: 'limine.c', text: limine },
  { name: 'limine_entry.S', text: entry },
  { name: 'limine_features.c', text: features },
  { name: 'limine_machine.c', text: machine },
  { name: 'limine_madt.c', text: madt },
  { name: 'limine_map.c', text: map },
  { name: 'limine_processors.c', text: processors },
  { name: 'limine_requests.c', text: requests },
  { name: 'limine_time.c', text: time },
]
