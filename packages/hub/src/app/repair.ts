/** For commands that work on a data folder without a hub. */
export {
  checkDatabase,
  repairDatabase,
  type Finding,
  type RepairReport,
  type SalvageReport,
} from '@openmanager/store/repair';
