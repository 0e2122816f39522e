/*
 * Years begin in March here, so that a leap day is a year's last, and four
 * hundred of them have 146,097 days.
 */
#include "gen/notation/calendar.h"

enum { DAYS_OF_400_YEARS = 146097, DAYS_TO_1970 = 719468 };

static unsigned
days_of_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leaps = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leaps ? 1u : 0u);
}

bool
calendar_days(unsigned year, unsigned month, unsigned day, int64_t *days)
{
	if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
		return false;
	/* Year 0 begins in the year before, so count from 400 years earlier. */
	unsigned count = year + 400 - (month < 3);
	unsigned in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	*days = (int64_t)count * 365 + count / 4 - count / 100 + count / 400 + in_year - DAYS_TO_1970 -
	        DAYS_OF_400_YEARS;
	return true;
}

struct calendar_day
calendar_day(int64_t days)
{
	/* What a null has for a number is any. */
	days = (int64_t)((uint64_t)days + DAYS_TO_1970);
	int64_t era = days / DAYS_OF_400_YEARS - (days % DAYS_OF_400_YEARS < 0);
	unsigned of_era = (unsigned)(days - era * DAYS_OF_400_YEARS);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153;
	return (struct calendar_day){.year = (int64_t)year + era * 400 + (month >= 10),
	    .month = month < 10 ? month + 3 : month - 9,
	    .day = of_year - (153 * month + 2) / 5 + 1};
}
