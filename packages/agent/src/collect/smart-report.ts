/**
 * What `smartctl --json` says of one disk. Its exit status is a bit field of smartctl(8), "EXIT STATUS": a disk that fails
 * or was too hot once is not a failed command, and a disk that sleeps is not one that cannot be opened.
 */
import * as v from 'valibot';

/** Bits of the exit status. */
const BIT = {
  usage: 1 << 0,
  open: 1 << 1,
  command: 1 << 2,
  failing: 1 << 3,
  prefail: 1 << 4,
  prefailPast: 1 << 5,
  errorLog: 1 << 6,
  selfTestLog: 1 << 7,
} as const;

export const smartFlags = [
  'prefail',
  'prefail_past',
  'error_log',
  'self_test_log',
  'temperature',
] as const;
const FLAG_BITS = [BIT.prefail, BIT.prefailPast, BIT.errorLog, BIT.selfTestLog] as const;

export const diskErrors = [
  'media',
  'reallocated',
  'pending',
  'uncorrectable',
  'reported',
  'crc',
] as const;
export type DiskError = (typeof diskErrors)[number];

export interface DiskHealth {
  readonly kind: 'awake';
  readonly model: string;
  /** NaN where the disk does not judge itself. */
  readonly healthy: number;
  /** 1 or 0 for each of `smartFlags`. */
  readonly flags: readonly number[];
  readonly wear: number;
  readonly spare: number;
  readonly errors: Readonly<Partial<Record<DiskError, number>>>;
  readonly celsius: number;
  readonly poweredOnSeconds: number;
}

export type SmartReport =
  | DiskHealth
  | { readonly kind: 'asleep' }
  | { readonly kind: 'denied' }
  /** Not there, or without SMART. */
  | { readonly kind: 'none'; readonly reason: string };

/** What is of another kind than it should be is as good as left out: the rest still counts. */
const number = v.fallback(v.optional(v.number()), undefined);
const text = v.fallback(v.optional(v.string()), undefined);
const part = <T extends v.ObjectEntries>(
  entries: T,
): v.SchemaWithFallback<v.OptionalSchema<v.ObjectSchema<T, undefined>, undefined>, undefined> =>
  v.fallback(v.optional(v.object(entries)), undefined);
const attribute = v.object({
  id: v.number(),
  name: text,
  value: number,
  raw: part({ value: number, string: text }),
});
type Attribute = v.InferOutput<typeof attribute>;
const counters = part({ total_uncorrected_errors: number });

const reportSchema = v.object({
  smartctl: v.object({
    exit_status: number,
    messages: v.fallback(v.optional(v.array(v.object({ string: text }))), undefined),
  }),
  model_name: text,
  scsi_model_name: text,
  smart_status: part({ passed: v.fallback(v.optional(v.boolean()), undefined) }),
  temperature: part({ current: number }),
  power_on_time: part({ hours: number }),
  endurance_used: part({ current_percent: number }),
  nvme_smart_health_information_log: part({
    critical_warning: number,
    available_spare: number,
    percentage_used: number,
    media_errors: number,
  }),
  ata_smart_attributes: part({
    table: v.fallback(v.optional(v.array(v.fallback(v.nullable(attribute), null))), undefined),
  }),
  scsi_grown_defect_list: number,
  scsi_percentage_used_endurance_indicator: number,
  scsi_error_counter_log: part({ read: counters, write: counters, verify: counters }),
});
type Report = v.InferOutput<typeof reportSchema>;

/** ATA attributes that count what we tell, by number. */
const COUNTED: readonly (readonly [id: number, error: DiskError])[] = [
  [5, 'reallocated'],
  [187, 'reported'],
  [197, 'pending'],
  [198, 'uncorrectable'],
  [199, 'crc'],
];
/** Attributes of solid-state disks whose normalised value is the life that is left, in percent, as their makers name them. */
const LIFE_LEFT =
  /^(Media_Wearout_Indicator|SSD_Life_Left|Percent_Lifetime_Remain|Remaining_Lifetime_Perc|Wear_Leveling_Count)$/;
const HOUR_S = 3600;

export function readSmartReport(output: string, code: number | null): SmartReport {
  let report: Report;
  try {
    report = v.parse(reportSchema, JSON.parse(output));
  } catch {
    return { kind: 'none', reason: 'the output of smartctl cannot be read' };
  }
  const status = code ?? report.smartctl.exit_status ?? 0;
  const said = (report.smartctl.messages ?? []).map((one) => one.string ?? '').join('; ');
  if ((status & (BIT.usage | BIT.open)) !== 0) {
    if (/permission denied|operation not permitted/i.test(said)) return { kind: 'denied' };
    if (/\b(standby|sleep|idle\w*)\b.*mode|low-power/i.test(said)) return { kind: 'asleep' };
    return { kind: 'none', reason: said };
  }
  return {
    kind: 'awake',
    model: (report.model_name ?? report.scsi_model_name ?? '').trim(),
    healthy: healthOf(report, status),
    flags: [...FLAG_BITS.map((bit) => ((status & bit) === 0 ? 0 : 1)), isTooHot(report) ? 1 : 0],
    wear: wearOf(report),
    spare: (report.nvme_smart_health_information_log?.available_spare ?? Number.NaN) / 100,
    errors: errorsOf(report),
    celsius: report.temperature?.current ?? Number.NaN,
    poweredOnSeconds: (report.power_on_time?.hours ?? Number.NaN) * HOUR_S,
  };
}

/** Bits of NVMe's critical warning: it is too hot (or cold); every other bit is about the disk itself. */
const NVME_TEMPERATURE = 1 << 1;

const isTooHot = (report: Report): boolean =>
  ((report.nvme_smart_health_information_log?.critical_warning ?? 0) & NVME_TEMPERATURE) !== 0;

/** smartctl calls a hot NVMe disk failing, too; that passes when it cools down, and is a flag of its own here. */
function healthOf(report: Report, status: number): number {
  const warning = report.nvme_smart_health_information_log?.critical_warning;
  if (warning !== undefined && warning !== 0) return (warning & ~NVME_TEMPERATURE) === 0 ? 1 : 0;
  const passed = report.smart_status?.passed;
  if ((status & BIT.failing) !== 0 || passed === false) return 0;
  return passed === undefined && warning === undefined ? Number.NaN : 1;
}

function wearOf(report: Report): number {
  const used =
    report.nvme_smart_health_information_log?.percentage_used ??
    report.endurance_used?.current_percent ??
    report.scsi_percentage_used_endurance_indicator;
  if (used !== undefined) return used / 100;
  const left = attributesOf(report).find(({ name }) => LIFE_LEFT.test(name ?? ''))?.value;
  // New disks of some makers begin at 253 or 200, which is no percentage.
  return left === undefined || left > 100 ? Number.NaN : 1 - left / 100;
}

function errorsOf(report: Report): DiskHealth['errors'] {
  const errors: Partial<Record<DiskError, number>> = {};
  const media = report.nvme_smart_health_information_log?.media_errors;
  if (media !== undefined) errors.media = media;
  if (report.scsi_grown_defect_list !== undefined)
    errors.reallocated = report.scsi_grown_defect_list;
  const uncorrected = uncorrectedOf(report);
  if (uncorrected !== undefined) errors.uncorrectable = uncorrected;
  const table = attributesOf(report);
  for (const [id, error] of COUNTED) {
    const found = table.find((one) => one.id === id);
    const count = found && countOf(found);
    if (count !== undefined && !Number.isNaN(count)) errors[error] = count;
  }
  return errors;
}

const attributesOf = (report: Report): readonly Attribute[] =>
  (report.ata_smart_attributes?.table ?? []).filter((one) => one !== null);

/** What a SAS disk could not correct, of any kind of access. */
function uncorrectedOf({ scsi_error_counter_log: log }: Report): number | undefined {
  const counts = [log?.read, log?.write, log?.verify]
    .map((one) => one?.total_uncorrected_errors)
    .filter((count) => count !== undefined);
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

/** The text begins with the count where makers pack more than one number into the raw value. */
function countOf({ raw }: Attribute): number {
  const text = /^\d+/.exec(raw?.string ?? '')?.[0];
  return text === undefined ? (raw?.value ?? Number.NaN) : Number(text);
}
