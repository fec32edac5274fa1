export { exportFormats, exportText, exportTypes, type ExportFormat } from './export-text.ts';
export { IMPORTED_HOSTS, importText, type TextImportReport } from './import-text.ts';
