// Replaces the runtime's hooks, so that $finish, $stop, $fatal, failed assertions and prints become
// reports of the model that runs, and never end the process or reach its standard output.
#include "gpnpu/verilated_model.h"

void vl_finish(const char* file, int line, const char*) {
  Verilated::threadContextp()->gotFinish(true);
  if (auto* reports = gpnpu::current_reports()) reports->add(gpnpu::kFinish, file, line, "$finish");
}

// $stop, $error, $fatal and failed assertions: all but $stop have just printed "[time] %Severity:
// ...".
void vl_stop(const char* file, int line, const char*) {
  auto* reports = gpnpu::current_reports();
  if (reports == nullptr) return;
  const std::string text = reports->take_last_line();
  const bool fatal = text.find("] %Fatal: ") != std::string::npos;
  const bool error = text.find("] %Error: ") != std::string::npos;
  reports->add(fatal ? gpnpu::kFatal : gpnpu::kStop, file, line, fatal || error ? text : "$stop");
  if (fatal) throw gpnpu::FatalError(text);
}

void vl_fatal(const char* file, int line, const char*, const char* message) {
  const char* text = message ? message : "fatal error of the runtime";
  if (auto* reports = gpnpu::current_reports()) reports->add(gpnpu::kFatal, file, line, text);
  throw gpnpu::FatalError(text);
}

void vl_warn(const char*, int, const char*, const char* message) {
  if (auto* reports = gpnpu::current_reports()) reports->print(std::string(message) + "\n");
}

// Called by RTL that imports it: `differs` notes `mark` for the model that runs. Never true, which
// no optimisation knows.
extern "C" uint8_t gpnpu_mark(uint32_t number, uint8_t differs) {
  auto* reports = gpnpu::current_reports();
  if (differs != 0 && reports != nullptr) reports->mark(number);
  return 0;
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
