export { HubOutlook } from './hub-outlook.ts';
export { pastForesightModule } from './past-foresight.ts';
