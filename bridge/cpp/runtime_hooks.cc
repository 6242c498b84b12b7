// Replaces the runtime's hooks, so that $finish, $stop, $fatal, failed assertions and prints become reports of
// the model that runs, and never end the process or reach its standard output.
#include "gpnpu/verilated_model.h"

void vl_finish(const char* file, int line, const char*) {
  Verilated::threadContextp()->gotFinish(true);
  if (auto* reports = gpnpu::current_reports()) reports->add(gpnpu::kFinish, file, line, "$finish");
}

void vl_stop(const char* file, int line, const char*) {
  if (auto* reports = gpnpu::current_reports()) {
    reports->add(gpnpu::kStop, file, line, reports->last_line());
  }
}

void vl_fatal(const char* file, int line, const char*, const char* message) {
  if (auto* reports = gpnpu::current_reports()) {
    reports->add(gpnpu::kFatal, file, line, message ? message : "$fatal");
  }
  throw gpnpu::FatalError("fatal error in the model");
}

void vl_warn(const char*, int, const char*, const char* message) {
  if (auto* reports = gpnpu::current_reports()) reports->print(std::string(message) + "\n");
}

int gpnpu_printf(const char* format, ...) {
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  const int size = std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (auto* reports = gpnpu::current_reports()) reports->print(text);
  return size;
}
