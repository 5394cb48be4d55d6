import type { app as en } from '../en/app'

export const app: typeof en = {
  product: 'Bootlab',
  tagline: '写内核，按 F5，看它启动。',

  toolbar: {
    label: '实验室',
    projects: '项目',
    projectsHint: '新建项目，或打开其他项目',
    build: '构建',
    cancelBuild: '取消',
    boot: '启动',
    stop: '停止',
    reset: '复位',
    bootAgain: '再次启动',
    usb: '写入 U 盘…',
    usbOffHint: '在浏览器中，写入驱动器的功能已关闭。按此按钮查看如何开启。',
    palette: '命令',
    hint: (title, keys) => `${title}（${keys}）`,
  },

  status: {
    label: '状态',
    off: '虚拟机已关闭',
    starting: '正在开机…',
    building: '正在构建…',
    running: '正在运行',
    halted: '等待中断',
    ended: '已结束',
    mode: { real: '实模式', protected: '保护模式', long: '长模式' },
    instructions: (count) => `${count} 条指令`,
    speed: (count) => `每秒 ${count} 条指令`,
    speedHint: '虚拟机最近的运行速度',
    position: (line, column) => `行 ${line}，列 ${column}`,
    toolchain: '工具链',
    toolchainHint: '已安装什么、缺少什么、该怎么办',
    target: (name) => `目标：${name}`,
    targetHint: '打开目标规格文件',
    firmware: 'BIOS',
    firmwareHint: '虚拟机的固件：实验室自带 PC 中的 BIOS。镜像在别处也能以 UEFI 方式启动。',
    problems: (errors, warnings) => `${errors} 个错误，${warnings} 个警告：显示问题列表`,
  },

  connection: {
    connecting: '正在连接实验室…',
    lost: '与实验室的连接已断开，正在尝试重新连接…',
    lostLong: '实验室没有响应。如果它已被关闭，请重新启动，并打开它输出的地址。您的文本不会丢失。',
    retry: '立即重试',
    restored: '已重新连接',
    cannotConnect: '无法连接到实验室。',
  },

  notifications: {
    label: '通知',
    dismiss: '关闭',
    where: '位置',
    why: '影响',
    next: '解决办法',
    centre: '通知中心',
    open: (count) => (count === 0 ? '没有通知' : `显示 ${count} 条通知`),
    empty: '没有需要报告的内容。',
    clear: '全部清除',
  },

  dialog: { cancel: '取消', close: '关闭' },
}
