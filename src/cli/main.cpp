#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/nearest.hpp"
#include "cli/output.hpp"
#include "cli/parser.hpp"
#include "cli/verbs.hpp"
#include "cli/version.hpp"
#include "os/signals.hpp"
#include "os/terminal.hpp"

namespace volley::cli {

namespace {

struct Verb {
  std::string_view name;
  std::string_view summary;
  int (*run)(Arguments arguments);
};

constexpr std::array<Verb, 6> kVerbs{{
    {"serve", "answer any number of clients", run_serve},
    {"request", "ask, try again until there is an answer, and print it", run_request},
    {"send", "send one way: to a host, a broadcast address or a multicast group", run_send},
    {"listen", "print every datagram that arrives", run_listen},
    {"mtu", "find the path MTU to a host", run_mtu},
    {"port", "tell names and ranges of ports, and who listens here", run_port},
}};

constexpr std::string_view kHelpCommand = "volley help";

std::string overview() {
  std::string text =
      "volley: ask a question in a UDP datagram and get exactly one answer, or learn why not\n\n"
      "Examples:\n"
      "  volley serve --raw --reply length --drop 50%\n"
      "  volley request --raw -v --backoff 100ms..2s 127.0.0.1 'This is another message'\n"
      "  volley send --broadcast 192.168.1.255 'Broadcast datagram!'\n"
      "  volley listen --group 239.1.2.3@eth0\n"
      "  volley mtu --kernel example.com\n\n"
      "Usage: volley VERB [FLAGS] ...\n\n"
      "Verbs:\n";
  for (const Verb& verb : kVerbs) text += fmt::format("  {:10}{}\n", verb.name, verb.summary);
  text += fmt::format("  {:10}{}\n", "help",
                      "this text, or `volley help VERB`: the same as `volley VERB --help`");
  return text + "\nvolley --version prints the version.\n";
}

int print(std::string_view text) {
  Output output{{}};
  output.data(as_bytes(text));
  return output.finish(ExitCode::kDone);
}

int unknown_verb(Arguments arguments) {
  std::vector<std::string_view> names{"help", "--help", "--version"};
  for (const Verb& verb : kVerbs) names.push_back(verb.name);
  const std::string& word = arguments.front();
  const auto meant = nearest(word, names);
  const std::string hint =
      meant ? fmt::format("did you mean {}?", *meant) : "say one of those that help lists";
  return report_usage_error(
      arguments,
      fmt::format("unknown {} '{}'; {}", word.starts_with('-') ? "flag" : "verb", word, hint),
      kHelpCommand);
}

bool is_help(std::string_view word) {
  return word == "help" || word == "--help" || word == "-h";
}

int dispatch(Arguments arguments) {
  const std::string& word = arguments.front();
  const auto verb = std::ranges::find(kVerbs, word, &Verb::name);
  if (verb != kVerbs.end()) return verb->run(arguments.subspan(1));
  if (word == "--version") return print(fmt::format("volley {}\n", version()));
  if (!is_help(word)) return unknown_verb(arguments);
  const auto asked =
      std::ranges::find(kVerbs, arguments.size() > 1 ? arguments[1] : "", &Verb::name);
  if (asked != kVerbs.end()) return asked->run(std::array<std::string, 1>{"--help"});
  return arguments.size() > 1 && !is_help(arguments[1]) ? unknown_verb(arguments.subspan(1))
                                                        : print(overview());
}

int run(Arguments arguments) {
  os::hold_standard_streams();
  os::end_quietly_on_closed_pipe();
  if (!arguments.empty()) return dispatch(arguments);
  Output output{{}};
  output.tell(overview());
  return output.finish(ExitCode::kUsage);
}

}  // namespace

}  // namespace volley::cli

int main(int argc, char** argv) {
  const std::vector<std::string> arguments{argv + std::min(argc, 1), argv + argc};
  return volley::cli::run(arguments);
}
