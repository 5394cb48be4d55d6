/** What each template shows when it runs, by its id; made by `npm run pictures`. */
const files: Readonly<Record<string, string>> = import.meta.glob('../../../../resources/pictures/*.png', { query: '?url', import: 'default', eager: true })

export const templatePictures: ReadonlyMap<string, string> = new Map(Object.entries(files).map(([path, url]) => [path.replace(/^.*\/(.*)\.png$/, '$1'), url]))
