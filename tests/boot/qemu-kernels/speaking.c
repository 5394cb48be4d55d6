/* Says one sentence over the serial port, and ends. */
#include "report.h"

void start(void) {
  print(TEXT);
  print("\n");
  finish();
}
