import { builder } from './builder.ts';

export const DueDateConfigTypeEnum = builder.enumType('DueDateConfigType', {
  description: 'From when the days until a bill is due are counted.',
  values: {
    DAYS_AFTER_INVOICE_DATE: {
      value: 'daysAfterInvoiceDate',
      description: 'From the date of the invoice. REST: `1` or `daysAfterInvoiceDate`.',
    },
    DAYS_AFTER_END_OF_INVOICE_MONTH: {
      value: 'daysAfterEndOfInvoiceMonth',
      description: 'From the end of the month of the invoice. REST: `2` or `daysAfterEndOfInvoiceMonth`.',
    },
  } as const,
});
