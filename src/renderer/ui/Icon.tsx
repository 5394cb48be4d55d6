/** Line icons on a 16-unit grid, drawn for Bootlab. Decorative: the control beside one carries the name. */
import type { ReactElement } from 'react'

const shapes = {
  play: <path d="M4.5 2.8v10.4L13 8z" fill="currentColor" stroke="currentColor" />,
  stop: <rect x="3.5" y="3.5" width="9" height="9" rx="1.2" fill="currentColor" />,
  reset: <path d="M12.9 6.2A5.3 5.3 0 1 0 13.3 9M13.2 2.6v3.8H9.4" />,
  build: <path d="m2.6 13.4 5-5M6.2 3.3l6.5 6.5M8 1.8 4.8 5l2.1 2.1L10.1 4l-.4-2.2zM11.2 6.2l2.6 2.6-1.6 1.6" />,
  cancel: <path d="m4 4 8 8M12 4l-8 8" />,
  folder: <path d="M1.8 12.7V3.6h4.3l1.5 1.8h6.6v7.3z" />,
  file: <path d="M3.5 1.8h5.7l3.3 3.3v9.1h-9zM9 2v3.3h3.3" />,
  'new-file': <path d="M8.6 14.2H3.5V1.8h5.7l3.3 3.3v2.6M9 2v3.3h3.3M12 9.8v4.6M9.7 12.1h4.6" />,
  'new-folder': <path d="M8 12.7H1.8V3.6h4.3l1.5 1.8h6.6v2.8M12 9.8v4.6M9.7 12.1h4.6" />,
  collapse: <path d="M5.2 2.8h8v8M2.8 5.2h8v8h-8zM4.8 9.2h4" />,
  split: <path d="M2 2.8h12v10.4H2zM8 2.8v10.4" />,
  minus: <path d="M3 8h10" />,
  plus: <path d="M8 3v10M3 8h10" />,
  chevron: <path d="m4.2 6.2 3.8 3.8 3.8-3.8" />,
  memory: <path d="M2 4.5h12v6.4H2zM4.6 10.9v2.3M8 10.9v2.3M11.4 10.9v2.3M4.6 6.6v2.2M8 6.6v2.2M11.4 6.6v2.2" />,
  table: <path d="M2 2.8h12v10.4H2zM2 6.2h12M2 9.7h12M6.2 6.2v7" />,
  pages: <path d="M5.2 1.8h8.2v8.6H5.2zM5.2 5.6H2.6v8.6h8.2v-3.8" />,
  chip: <path d="M4.4 4.4h7.2v7.2H4.4zM6.2 4.4V2M9.8 4.4V2M6.2 14v-2.4M9.8 14v-2.4M4.4 6.2H2M4.4 9.8H2M14 6.2h-2.4M14 9.8h-2.4" />,
  trace: <path d="M1.8 8h2.6l1.8-4.6 3 9.2L11.4 8h2.8" />,
  undo: <path d="M5.6 3 2.6 6l3 3M2.8 6h6.4a3.6 3.6 0 0 1 0 7.2H6" />,
  redo: <path d="m10.4 3 3 3-3 3M13.2 6H6.8a3.6 3.6 0 0 0 0 7.2H10" />,
  download: <path d="M8 2v8M4.8 7 8 10.2 11.2 7M2.6 13.4h10.8" />,
  up: <path d="m4.2 9.8 3.8-3.8 3.8 3.8" />,
  fold: <path d="M2.6 8h10.8M5.4 2.4 8 5l2.6-2.6M5.4 13.6 8 11l2.6 2.6" />,
  unfold: <path d="M2.6 8h10.8M5.4 5 8 2.4 10.6 5M5.4 11 8 13.6l2.6-2.6" />,
  back: <path d="M13 8H3.4M7 4 3 8l4 4" />,
  error: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="m5.8 5.8 4.4 4.4m0-4.4-4.4 4.4" />
    </>
  ),
  warning: <path d="M8 2.2 14.4 13.4H1.6zM8 6.4v3.4M8 11.4v.4" />,
  info: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.2v4M8 4.8v.5" />
    </>
  ),
  check: <path d="m3 8.4 3.3 3.4L13 4.6" />,
  keyboard: (
    <>
      <rect x="1.5" y="4" width="13" height="8.4" rx="1.4" />
      <path d="M4 6.6h.4M6.6 6.6H7M9.2 6.6h.4M11.7 6.6h.4M5 9.8h6" />
    </>
  ),
  screen: <path d="M1.8 2.8h12.4v8.4H1.8zM5.4 13.6h5.2M8 11.2v2.4" />,
  serial: <path d="m2.6 4 3.4 3.4L2.6 10.8M7.6 11.6h5.8" />,
  log: <path d="M2.6 3.4h10.8M2.6 6.5h7.6M2.6 9.6h10.8M2.6 12.7h5.4" />,
  copy: (
    <>
      <rect x="5.4" y="5.4" width="8" height="8.4" rx="1.2" />
      <path d="M10.6 5.2V2.4H2.6v8.4h2.6" />
    </>
  ),
  usb: <path d="M5 6V2.2h6V6M4 6h8v5.4a2.4 2.4 0 0 1-2.4 2.4H6.4A2.4 2.4 0 0 1 4 11.4zM7 3.9v.5M9 3.9v.5" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.2" />
      <path d="m10.2 10.2 3.6 3.6" />
    </>
  ),
  settings: <path d="M2 4.5h6.2M11.8 4.5H14M2 11.5h2.2M7.8 11.5H14M10 2.8v3.4M6 9.8v3.4" />,
  bell: <path d="M3.2 11.6h9.6c-1-1-1.3-2-1.3-4.4a3.5 3.5 0 0 0-7 0c0 2.4-.3 3.4-1.3 4.4zM6.6 13.6h2.8" />,
  maximize: <path d="M2.6 2.6h10.8v10.8H2.6zM2.6 5.2h10.8" />,
  restore: <path d="M2.6 5.4h8v8h-8zM5.4 5.4V2.6h8v8h-2.8" />,
  help: <path d="M5.6 5.8a2.4 2.4 0 1 1 3.5 2.2c-.8.4-1.1.8-1.1 1.7M8 11.6v.5M8 1.6a6.4 6.4 0 1 1 0 12.8A6.4 6.4 0 0 1 8 1.6" />,
  pause: <path d="M4.2 3.2h2.2v9.6H4.2zM9.6 3.2h2.2v9.6H9.6z" fill="currentColor" />,
  'step-over': (
    <>
      <path d="M2.2 8.6a5.9 5.9 0 0 1 11-1.6M13.6 3.4v3.8H9.8" />
      <circle cx="8" cy="12.2" r="1.4" fill="currentColor" />
    </>
  ),
  'step-into': (
    <>
      <path d="M8 1.8v7M5 6l3 3 3-3" />
      <circle cx="8" cy="12.6" r="1.4" fill="currentColor" />
    </>
  ),
  'step-out': (
    <>
      <path d="M8 9V2M5 4.8l3-3 3 3" />
      <circle cx="8" cy="12.6" r="1.4" fill="currentColor" />
    </>
  ),
  registers: <path d="M2.4 3.4h11.2v3.2H2.4zM2.4 9.4h11.2v3.2H2.4zM6.4 3.4v3.2M10 3.4v3.2M6.4 9.4v3.2M10 9.4v3.2" />,
  code: <path d="M2.4 4h2M6.4 4h7.2M2.4 8h2M6.4 8h5M2.4 12h2M6.4 12h6.4" />,
  stack: <path d="M3 3h10v3H3zM3 6.6h10v3H3zM3 10.2h10v3H3z" />,
  breakpoint: <circle cx="8" cy="8" r="4.6" fill="currentColor" />,
  speed: <path d="M2.4 11.8a6 6 0 1 1 11.2 0M8 9.4l2.6-3.6" />,
  camera: (
    <>
      <path d="M1.8 4.8h3l1.2-1.9h4l1.2 1.9h3v8.3H1.8z" />
      <circle cx="8" cy="8.7" r="2.4" />
    </>
  ),
  record: <circle cx="8" cy="8" r="4" fill="currentColor" />,
  text: <path d="M5.6 2.4h4.8M8 2.4v11.2M5.6 13.6h4.8M2 5.6v4.8M14 5.6v4.8" />,
  more: <path d="M3.2 8h.4M7.8 8h.4M12.4 8h.4" strokeWidth="2.4" />,
  image: <path d="M2 3h12v10H2zM2 6.3h12M5.5 6.3V13M5.5 9.6H14M10.4 9.6V13" />,
  report: <path d="M3 2h10v12H3zM5.6 5.2h4.8M5.6 8h4.8M5.6 10.8h2.8" />,
} satisfies Record<string, ReactElement>

export type IconName = keyof typeof shapes

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactElement {
  return (
    <svg
      className="icon"
      style={{ width: `${size / 16}rem`, height: `${size / 16}rem` }}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.35"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {shapes[name]}
    </svg>
  )
}
