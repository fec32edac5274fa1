/**
 * What the agent learns by asking: units of systemd, health of disks (SMART), graphics processors; and what it says of
 * itself. Names in `hw.gpu.*` and `hw.physical_disk.*` are OpenTelemetry's where it has one.
 */
import { bytes, type MetricInfo, ratio, whole } from './info.ts';

export type HardwareMetricName =
  | 'systemd.unit.state'
  | 'systemd.service.restarts'
  | 'systemd.service.memory.usage'
  | 'hw.physical_disk.healthy'
  | 'hw.physical_disk.smart.flag'
  | 'hw.physical_disk.wear'
  | 'hw.physical_disk.spare'
  | 'hw.physical_disk.errors'
  | 'hw.physical_disk.temperature'
  | 'hw.physical_disk.power_on_time'
  | 'hw.physical_disk.standby'
  | 'hw.gpu.utilization'
  | 'hw.gpu.memory.utilization'
  | 'hw.gpu.memory.usage'
  | 'hw.gpu.memory.limit'
  | 'hw.gpu.temperature'
  | 'hw.gpu.power'
  | 'hw.gpu.frequency'
  | 'hw.gpu.fan.speed_ratio'
  | 'hw.gpu.errors'
  | 'openmanager.agent.collect.duration'
  | 'openmanager.agent.collect.failures'
  | 'openmanager.agent.memory.usage'
  | 'openmanager.agent.spool.size'
  | 'openmanager.agent.spool.waiting'
  | 'openmanager.agent.spool.memory_only'
  | 'openmanager.agent.batches.dropped'
  | 'openmanager.agent.connections';

const state = { ...whole, unit: '{state}', unwatched: true } as const;
const disk = ['hw.id', 'hw.name'] as const;
const gpu = ['hw.id', 'hw.name'] as const;
const degrees = { unit: 'Cel', storedDecimals: 1, display: { decimals: 1 } } as const;
const unit = 'systemd.unit.name';

export const hardwareMetrics: Readonly<Record<HardwareMetricName, MetricInfo>> = {
  'systemd.unit.state': {
    ...state,
    name: { en: 'Unit state', ko: '유닛 상태' },
    attributes: [unit, 'systemd.unit.active_state'],
    description: '1 for the state that the systemd unit is in, 0 for others it has been in',
  },
  'systemd.service.restarts': {
    ...whole,
    name: { en: 'Service restarts', ko: '서비스 재시작 횟수' },
    unit: '{operation}',
    attributes: [unit],
    description: 'Restarts of the service by systemd since somebody started it',
    unwatched: true,
  },
  'systemd.service.memory.usage': {
    ...bytes,
    name: { en: 'Service memory', ko: '서비스 메모리' },
    attributes: [unit],
    description: 'Memory of all processes of the service, with what the kernel caches for them',
    unwatched: true,
  },
  'hw.physical_disk.healthy': {
    ...state,
    name: { en: 'Disk health', ko: '디스크 건강 상태' },
    attributes: disk,
    description: '0 when the disk says of itself that it fails (SMART), 1 when it does not',
  },
  'hw.physical_disk.smart.flag': {
    ...state,
    name: { en: 'SMART warning', ko: 'SMART 경고' },
    attributes: [...disk, 'smart.flag'],
    description:
      '1 when an attribute of the disk is (prefail) or was (prefail_past) below its threshold, a log has errors (error_log, self_test_log), or it is too hot (temperature)',
  },
  'hw.physical_disk.wear': {
    ...ratio,
    name: { en: 'Disk wear', ko: '디스크 마모도' },
    attributes: disk,
    description: 'Share of the rated life of a solid-state disk that is used; may exceed 1',
    forecast: 'each',
    fullAt: 1,
    chart: { by: 'hw.id', onlyWhenActive: true },
  },
  'hw.physical_disk.spare': {
    ...ratio,
    name: { en: 'Spare blocks of the disk', ko: '디스크 예비 블록' },
    attributes: disk,
    description: 'Share of spare blocks that an NVMe disk has left',
  },
  'hw.physical_disk.errors': {
    ...whole,
    name: { en: 'Disk errors', ko: '디스크 오류' },
    unit: '{error}',
    attributes: [...disk, 'error.type'],
    description:
      'What the disk has counted in its life: sectors reallocated, pending or uncorrectable, media and interface (crc) errors',
    unwatched: true,
    chart: { by: 'hw.id', onlyWhenActive: true },
  },
  'hw.physical_disk.temperature': {
    ...degrees,
    name: { en: 'Disk temperature', ko: '디스크 온도' },
    attributes: disk,
    description: 'Temperature as the disk tells it (SMART)',
    chart: { by: 'hw.id', loose: true },
  },
  'hw.physical_disk.power_on_time': {
    ...whole,
    name: { en: 'Disk age', ko: '디스크 가동 시간' },
    unit: 's',
    attributes: disk,
    description: 'Time that the disk has been powered on in its life',
    unwatched: true,
  },
  'hw.physical_disk.standby': {
    ...state,
    name: { en: 'Disk asleep', ko: '디스크 절전' },
    attributes: disk,
    description: '1 while the disk sleeps and is left alone',
  },
  'hw.gpu.utilization': {
    ...ratio,
    name: { en: 'GPU', ko: 'GPU' },
    attributes: gpu,
    description: 'Share of time the graphics processor was busy',
    chart: { by: 'hw.id' },
  },
  'hw.gpu.memory.utilization': {
    ...ratio,
    name: { en: 'GPU memory', ko: 'GPU 메모리' },
    attributes: gpu,
    description: 'Share of the memory of the graphics processor in use',
    chart: { by: 'hw.id' },
  },
  'hw.gpu.memory.usage': {
    ...bytes,
    name: { en: 'GPU memory', ko: 'GPU 메모리' },
    attributes: gpu,
    description: 'Memory of the graphics processor in use',
  },
  'hw.gpu.memory.limit': {
    ...bytes,
    name: { en: 'GPU memory size', ko: 'GPU 메모리 크기' },
    attributes: gpu,
    description: 'Memory of the graphics processor',
    unwatched: true,
  },
  'hw.gpu.temperature': {
    ...degrees,
    name: { en: 'GPU temperature', ko: 'GPU 온도' },
    attributes: gpu,
    description: 'Temperature of the graphics processor',
    chart: { by: 'hw.id', loose: true },
  },
  'hw.gpu.power': {
    unit: 'W',
    storedDecimals: 1,
    display: { decimals: 1 },
    name: { en: 'GPU power', ko: 'GPU 전력' },
    attributes: gpu,
    description: 'Power that the graphics processor draws',
    chart: { by: 'hw.id' },
  },
  'hw.gpu.frequency': {
    unit: 'Hz',
    storedDecimals: 0,
    display: { significant: 4 },
    name: { en: 'GPU clock', ko: 'GPU 클럭' },
    attributes: gpu,
    description: 'Clock of the graphics processor',
    unwatched: true,
  },
  'hw.gpu.fan.speed_ratio': {
    ...ratio,
    name: { en: 'GPU fan', ko: 'GPU 팬' },
    attributes: gpu,
    description: 'Speed of the fan of the graphics processor as a share of its fastest',
    unwatched: true,
  },
  'hw.gpu.errors': {
    ...whole,
    name: { en: 'GPU memory errors', ko: 'GPU 메모리 오류' },
    unit: '{error}',
    attributes: gpu,
    description: 'Memory errors that could not be corrected (ECC) since the driver was loaded',
    unwatched: true,
    chart: { by: 'hw.id', onlyWhenActive: true },
  },
  'openmanager.agent.collect.duration': {
    unit: 'ms',
    storedDecimals: 3,
    display: { decimals: 2 },
    name: { en: 'Agent: time to collect', ko: '에이전트: 수집 시간' },
    attributes: ['source'],
    description:
      'Longest time that a source took in the last minute; without a source, a whole sample',
    unwatched: true,
  },
  'openmanager.agent.collect.failures': {
    ...whole,
    name: { en: 'Agent: failed readings', ko: '에이전트: 수집 실패' },
    unit: '{error}',
    attributes: ['source'],
    description: 'Readings of a source that ended with an error since the agent started',
    unwatched: true,
  },
  'openmanager.agent.memory.usage': {
    ...bytes,
    name: { en: 'Agent: memory', ko: '에이전트: 메모리' },
    attributes: [],
    description: 'Resident memory of the agent',
    unwatched: true,
  },
  'openmanager.agent.spool.size': {
    ...bytes,
    name: { en: 'Agent: spool', ko: '에이전트: 스풀' },
    attributes: [],
    description: 'Batches on the disk of the host that wait for the hub',
    unwatched: true,
  },
  'openmanager.agent.spool.waiting': {
    ...whole,
    name: { en: 'Agent: waiting batches', ko: '에이전트: 대기 배치' },
    unit: '{operation}',
    attributes: [],
    description: 'Batches in the memory of the agent that wait for the hub',
    unwatched: true,
  },
  'openmanager.agent.spool.memory_only': {
    ...state,
    name: { en: 'Agent: no disk', ko: '에이전트: 디스크 없음' },
    attributes: [],
    description: '1 while the disk takes no batches, which then wait in memory only',
  },
  'openmanager.agent.batches.dropped': {
    ...whole,
    name: { en: 'Agent: dropped batches', ko: '에이전트: 버려진 배치' },
    unit: '{error}',
    attributes: [],
    description: 'Batches lost to the bounds of the spool since the agent started',
    unwatched: true,
  },
  'openmanager.agent.connections': {
    ...whole,
    name: { en: 'Agent: connections', ko: '에이전트: 연결 횟수' },
    unit: '{connection}',
    attributes: [],
    description: 'Connections to the hub since the agent started; above 1, it had to reconnect',
    unwatched: true,
  },
};
