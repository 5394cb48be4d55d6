/** The image that is looked at: its pieces, the byte under the cursor, and where that comes from. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { LabError, toFailure, type Failure } from '../../../shared/failure'
import type { ImageMapFacts, ImageOrigin, ImagePlace } from '../../../shared/image-explorer'
import type { ImageSource } from '../../../shared/usb'
import type { Connection } from '../../app/connection'
import type { Build } from '../build/build'
import { fromBase64 } from '../machine/base64'
import type { Projects } from '../projects/projects'
import { currentStrings } from '../../strings'
import { createByteCache, type ByteCache } from './byte-cache'
import { readWanted } from './go-to'
import { pathAt, treeOf, type PieceTree } from './piece-tree'

export interface LookedAt extends Pick<ImageMapFacts, 'path' | 'version' | 'bytes' | 'leftOut'> {
  source: ImageSource
  tree: PieceTree
  cache: ByteCache
}

export interface ExplorerState {
  status: 'none' | 'loading' | 'ready' | 'failed'
  source: ImageSource | undefined
  /** Stays while it is looked at anew. */
  image: LookedAt | undefined
  failure: Failure | undefined
  /** Index of the piece that is told about. */
  selected: number
  /** Index of the piece that fills the map. */
  zoom: number
  /** Offset of the byte under the cursor. */
  cursor: number
  /** Counts up when the hex view shall show the cursor. */
  shown: number
  /** What the byte under the cursor is; of an earlier one while it is asked for. */
  origin: ImageOrigin | undefined
  /** What was searched for last. */
  search: { text: string; places: readonly ImagePlace[]; at: number } | { text: string; failure: Failure } | undefined
}

export type ImageExplorer = ReturnType<typeof createImageExplorer>

interface Parts {
  connection: Connection
  projects: Projects
  build: Build
  /** What is worth looking at now, if anything. */
  current(): ImageSource | undefined
  onError(error: unknown): void
}

const nothing: ExplorerState = { status: 'none', source: undefined, image: undefined, failure: undefined, selected: 0, zoom: 0, cursor: 0, shown: 0, origin: undefined, search: undefined }
/** A file that is being written is looked at anew no more often than this. */
const AGAIN_MS = 1000

export function createImageExplorer({ connection, projects, build, current, onError }: Parts) {
  const store: StoreApi<ExplorerState> = createStore<ExplorerState>(() => nothing)
  let loading: AbortController | undefined
  let asking: AbortController | undefined
  let again: ReturnType<typeof setTimeout> | undefined

  async function open(source: ImageSource): Promise<void> {
    loading?.abort()
    asking?.abort()
    clearTimeout(again)
    again = undefined
    const controller = new AbortController()
    loading = controller
    const before = store.getState()
    const same = JSON.stringify(source) === JSON.stringify(before.source)
    store.setState(same ? { status: 'loading' } : { ...nothing, status: 'loading', source })
    try {
      const { pieces, ...facts } = await connection.call('image.inspect', { source }, { signal: controller.signal })
      if (loading !== controller) return
      const tree = treeOf(pieces)
      const image: LookedAt = { ...facts, source, tree, cache: createByteCache(facts.bytes, fetchFrom(source, facts.version), hear) }
      const old = same && before.image ? before.image.tree[before.zoom] : undefined
      const zoomed = old ? tree.find(({ key }) => key === old.key)?.index : undefined
      store.setState({ status: 'ready', image, failure: undefined, zoom: zoomed ?? 0, origin: undefined, search: undefined })
      const { cursor, selected } = store.getState()
      const at = same && cursor < facts.bytes ? cursor : 0
      if (same && selected > 0) moveTo(at)
      else store.setState(({ shown }) => ({ cursor: at, selected: 0, shown: shown + 1 }))
      if (!same || selected === 0) ask(at)
    } catch (error) {
      if (loading !== controller) return
      const failure = toFailure(error)
      store.setState({ ...nothing, status: 'failed', source, failure })
    }
  }

  const fetchFrom = (source: ImageSource, version: string) => async (offset: number, length: number) => fromBase64((await connection.call('image.bytes', { source, version, offset, length })).data)

  /** What happens when the image is another one by now is that it is looked at again; all else a person should read. */
  function hear(error: unknown): void {
    const { code } = toFailure(error)
    if (code === 'cancelled' || code === 'disconnected') return
    if (code !== 'file-changed') return onError(error)
    again ??= setTimeout(() => {
      again = undefined
      refresh()
    }, AGAIN_MS)
  }

  function refresh(): void {
    const { source } = store.getState()
    if (source) void open(source)
  }

  /** Asks what a byte is; only the last question counts. */
  function ask(offset: number): void {
    const { image } = store.getState()
    asking?.abort()
    if (!image || offset >= image.bytes) return
    const controller = new AbortController()
    asking = controller
    connection.call('image.at', { source: image.source, version: image.version, offset }, { signal: controller.signal }).then((origin) => {
      if (asking === controller) store.setState({ origin })
    }, hear)
  }

  /** Puts the cursor on a byte, and selects the innermost piece that holds it. */
  function moveTo(offset: number): void {
    const { image } = store.getState()
    if (!image) return
    const cursor = Math.max(0, Math.min(offset, image.bytes - 1))
    const piece = pathAt(image.tree, cursor).at(-1)
    store.setState(({ shown }) => ({ cursor, selected: piece?.index ?? 0, shown: shown + 1 }))
    ask(cursor)
  }

  function select(index: number): void {
    const piece = store.getState().image?.tree[index]
    if (!piece) return
    store.setState(({ shown }) => ({ selected: index, cursor: piece.offset, shown: shown + 1 }))
    ask(piece.offset)
  }

  function zoomTo(index: number): void {
    const piece = store.getState().image?.tree[index]
    if (piece) store.setState({ zoom: index })
  }

  /** Goes to what a person has typed; the same again goes to the next place. */
  async function goTo(text: string): Promise<void> {
    const { image, search } = store.getState()
    const wanted = readWanted(text)
    if (!image || !wanted) return
    if ('offset' in wanted) return goToOffset(text, wanted.offset, image)
    if (search?.text === text && 'places' in search) return showPlace(text, search.places, (search.at + 1) % search.places.length)
    let failure: Failure | undefined
    for (const thing of wanted.things) {
      try {
        const { places } = await connection.call('image.find', { source: image.source, version: image.version, thing })
        return showPlace(text, places, 0)
      } catch (error) {
        const found = toFailure(error)
        if (found.code !== 'not-found') return hear(error)
        failure ??= found
      }
    }
    if (failure) store.setState({ search: { text, failure } })
  }

  /** The bytes of a source line of the project; its image is looked at first, when it is not yet. */
  async function showLine(file: string, line: number): Promise<void> {
    const source = current()
    if (!source) return
    if (store.getState().status !== 'ready' || JSON.stringify(store.getState().source) !== JSON.stringify(source)) await open(source)
    await goTo(`${file}:${line}`)
  }

  function goToOffset(text: string, offset: number, { bytes, path }: LookedAt): void {
    if (offset >= bytes) store.setState({ search: { text, failure: new LabError({ code: 'not-found', what: currentStrings().image.outside(hexOf(bytes - 1)), where: path }).failure } })
    else showPlace(text, [{ offset, bytes: 1 }], 0)
  }

  function showPlace(text: string, places: readonly ImagePlace[], at: number): void {
    const place = places[at]
    if (!place) return
    store.setState({ search: { text, places, at } })
    moveTo(place.offset)
  }

  build.store.subscribe(({ status }, { status: before }) => {
    const { source } = store.getState()
    if (status === 'succeeded' && before === 'running' && source?.type === 'project') refresh()
  })
  projects.store.subscribe(({ project }) => {
    const { source } = store.getState()
    // Another project's image is none of this one's.
    if (project !== undefined && source?.type === 'project' && source.directory !== project.directory) void open({ type: 'project', directory: project.directory })
  })

  connection.onConnected((first) => {
    if (!first) refresh()
  })

  /** Looks at what is current, unless something is looked at already. */
  function start(): void {
    if (store.getState().status === 'none') showCurrent()
  }

  function showCurrent(): void {
    const source = current()
    if (source) void open(source)
    else {
      loading?.abort()
      store.setState(nothing)
    }
  }

  return { store, open, start, showCurrent, refresh, moveTo, select, zoomTo, goTo, showLine }
}

const hexOf = (value: number): string => `0x${value.toString(16)}`
