import type { machine as en } from '../en/machine'
import { number } from './format'

const serial = (port: string, first: string) => ({ label: `串口 ${port}：内核的输出；在此输入的内容会发送给内核`, empty: '串口还没有输出。', hint: `内核写到 ${port}（${first}）的内容会显示在这里。在此输入即可回应它。` })

export const machine: typeof en = {
  machine: {
    screenLabel: (leave) => `虚拟机的 VGA 屏幕。获得焦点时由它接管键盘。按 ${leave} 离开。`,
    screenText: '屏幕上的文字',
    graphics: (width, height) => `${width} × ${height} 像素的图形画面`,
    empty: (boot) => `按 ${boot} 构建并启动`,
    emptyHint: '虚拟机已关闭。',
    starting: '正在开机…',
    clickToType: '点击屏幕即可输入',
    clickToTypeAndPoint: '点击屏幕即可输入和使用鼠标',
    leaveBoth: '键盘和鼠标由虚拟机接管，按',
    leave: '键盘由虚拟机接管，按',
    leaveKeys: { 'ctrl-alt': '左 Ctrl + 左 Alt', 'right-ctrl': '右 Ctrl' },
    leaveAfter: '离开',
    leaveOrPoint: '离开，点击可使用鼠标',
    copyText: '复制文字',
    copied: '已复制',
    outputPort: '端口',
    portBytes: (port, bytes) => `${port}：${number(bytes)} 字节`,
    output: {
      com1: serial('COM1', '0x3F8'),
      com2: serial('COM2', '0x2F8'),
      com3: serial('COM3', '0x3E8'),
      com4: serial('COM4', '0x2E8'),
      lpt1: { label: '打印口 LPT1：内核的输出', empty: '还没有打印任何内容。', hint: '内核通过 LPT1（0x378）打印的每个字节都会显示在这里。' },
      debug: { label: '调试端口 0xE9：内核的输出', empty: '端口 0xE9 还没有输出。', hint: '内核写到端口 0xE9 的每个字节都会显示在这里：这是输出信息最简短的办法。' },
    },
    serialLost: (bytes) => `此处省略了 ${number(bytes)} 字节：内核的发送速度超过了显示速度。`,
    reportEmpty: '还没有报告。',
    reportEmptyHint: '虚拟机结束运行时，这里会说明原因：三重故障及其异常链、停机或退出码。',
  },

  report: {
    reason: {
      stopped: '已关闭电源',
      'debug-exit': '内核结束了运行',
      'triple-fault': '三重故障',
      'halted-forever': '永久停机',
      'power-off': '内核关闭了电脑',
      'image-failed': '磁盘映像出错',
      'emulator-error': '实验室自身出错',
    },
    chain: '依次发生了什么',
    thenReset: '再没有可用的处理程序：处理器进入关机状态，真正的 PC 会在此复位。',
    instruction: '出错的指令',
    registers: '寄存器',
    segments: '段',
    selector: '选择子',
    base: '基址',
    limit: '界限',
    errorCode: '错误码',
    address: '地址',
    exitCode: (value, exit) => `向端口 0xF4 写入了 ${value}：退出码为 ${exit}。`,
    detail: '详细信息',
    show: '显示报告',
    instructions: (count) => `执行 ${number(count)} 条指令之后`,
  },
}
