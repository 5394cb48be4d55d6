import type { settings as en } from '../en/settings'

export const settings: typeof en = {
  settings: {
    title: '设置',
    search: '搜索设置',
    nothing: '没有匹配的设置。',
    reset: (title) => `将“${title}”恢复为默认值`,
    resetShort: '默认值',
    range: (least, most) => `范围：${least} 至 ${most}。`,
    categories: { appearance: '外观', editor: '编辑器', machine: '虚拟机' },
    entries: {
      language: { title: '语言', description: '窗口所用的语言。编译器以及实验室自身的消息仍为英文。' },
      theme: { title: '颜色主题', description: '窗口、编辑器和终端的颜色。“跟随系统”也会遵从系统的高对比度设置。' },
      zoom: { title: '缩放', description: '窗口中所有内容的大小，以百分比表示。' },
      editorFontSize: { title: '字号', description: '编辑器中文字的大小，以缩放为 100% 时的像素计。' },
      editorTabSize: { title: '制表符宽度', description: '一个制表符所占的列数；文件自身显出其他宽度时以文件为准。' },
      editorWordWrap: { title: '自动换行', description: '在编辑器边缘处将长行折行。' },
      editorMinimap: { title: '缩略图', description: '在文字旁边显示整个文件的缩略图。' },
      languageServers: { title: '语言服务器', description: '在已安装 clangd 和 rust-analyzer 时，用它们提供补全、悬停说明和定义查找。它们只读取项目，不会在其中写入任何内容。' },
      terminalFontSize: { title: '终端字号', description: '串口终端中文字的大小，以缩放为 100% 时的像素计。' },
      keyboardOnBoot: { title: '启动时接管键盘', description: '每次启动后立即由虚拟机接管键盘，无需点击屏幕。' },
      keyboardLeave: { title: '离开虚拟机的按键', description: '单独按下并松开这些键，键盘就交还给窗口。' },
    },
    choices: {
      system: '跟随系统',
      en: 'English',
      'zh-CN': '简体中文',
      light: '浅色',
      dark: '深色',
      'hc-dark': '高对比度，深色',
      'hc-light': '高对比度，浅色',
      'ctrl-alt': '左 Ctrl + 左 Alt',
      'right-ctrl': '右 Ctrl',
    },
  },
}
