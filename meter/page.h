/* page - the text of meter/page.html, which make turns into C. */
#ifndef METER_PAGE_H
#define METER_PAGE_H

/* Stands in the page where the numbers go, as one JSON object. */
#define PAGE_DATA "@data@"

extern const char page_text[];

#endif
