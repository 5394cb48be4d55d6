/** What the main process says by itself, in the language of the page; everything else is said by the page. */
import type { Language } from '../../shared/languages'

const en = {
  cannotStart: 'Bootlab cannot start',
  images: 'Disk images',
  allFiles: 'All files',
  leave: {
    message: 'A drive is being written.',
    detail: 'If the window goes now, writing stops: what was on the drive is lost, and nothing boots from it.',
    stay: 'Go on writing',
    leave: 'Stop and leave',
  },
  updates: {
    none: (version: string) => `Bootlab ${version} is the newest version.`,
    found: (version: string) => `Bootlab ${version} is available.`,
    foundDetail: (present: string) => `This is ${present}. The new version is downloaded now and installed when Bootlab ends.`,
    download: 'Download',
    later: 'Later',
    ready: (version: string) => `Bootlab ${version} is downloaded.`,
    readyDetail: 'It is installed when Bootlab ends. Running machines end with it; unsaved text is kept.',
    restart: 'Restart Now',
    failed: 'The update failed.',
    ok: 'OK',
  },
}

const zhCn: typeof en = {
  cannotStart: 'Bootlab 无法启动',
  images: '磁盘镜像',
  allFiles: '所有文件',
  leave: {
    message: '正在写入驱动器。',
    detail: '如果现在关闭窗口，写入就会中止：驱动器上原有的内容已经丢失，也无法从它启动。',
    stay: '继续写入',
    leave: '中止并关闭',
  },
  updates: {
    none: (version) => `Bootlab ${version} 已是最新版本。`,
    found: (version) => `Bootlab ${version} 已发布。`,
    foundDetail: (present) => `当前版本是 ${present}。新版本会立即下载，并在退出 Bootlab 时安装。`,
    download: '下载',
    later: '以后再说',
    ready: (version) => `Bootlab ${version} 已下载完成。`,
    readyDetail: '退出 Bootlab 时会安装它。正在运行的虚拟机会随之结束；未保存的文本不会丢失。',
    restart: '立即重启',
    failed: '更新失败。',
    ok: '确定',
  },
}

const catalogues: Readonly<Record<Language, typeof en>> = { en, 'zh-CN': zhCn }
let spoken: Language = 'en'

export const speak = (language: Language): void => void (spoken = language)
export const texts = (): typeof en => catalogues[spoken]
