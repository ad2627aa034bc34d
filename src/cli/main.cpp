#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/nearest.hpp"
#include "cli/verb.hpp"
#include "os/signals.hpp"
#include "os/terminal.hpp"

namespace volley::cli {

namespace {

struct Named {
  std::string_view name;
  std::unique_ptr<Verb> (*make)();
};

constexpr std::array<Named, 7> kVerbs{{{"serve", make_serve},
                                       {"request", make_request},
                                       {"send", make_send},
                                       {"listen", make_listen},
                                       {"ping", make_ping},
                                       {"mtu", make_mtu},
                                       {"port", make_port}}};

constexpr std::array<std::string_view, 4> kLater{"relay", "bench", "keygen", "discover"};

std::string overview() {
  std::string text =
      "volley: ask a question in a UDP datagram and get exactly one answer, or learn why not\n\n"
      "Examples:\n"
      "  volley serve\n"
      "  volley request 127.0.0.1 'This is a message'\n"
      "  volley serve --raw --reply length --drop 50%\n"
      "  volley request --raw -v --backoff 100ms..2s 127.0.0.1 'This is another message'\n"
      "  volley send --broadcast 192.168.1.255 'Broadcast datagram!'\n"
      "  volley listen --group 239.1.2.3@eth0\n"
      "  volley mtu --kernel example.com\n\n"
      "Usage: volley VERB [FLAGS] ...\n\n"
      "Verbs:\n";
  for (const Named& entry : kVerbs)
    text += fmt::format("  {:10}{}\n", entry.name, entry.make()->help().summary);
  return text +
         "  help      this text, or `volley help VERB`: the same as `volley VERB --help`\n\n"
         "SIGUSR1 makes a running verb report on standard error; of serve and listen with --json "
         "the "
         "report\n"
         "is one more object on standard output.\n\n"
         "volley --version prints the version.\n";
}

int print(std::string_view text) {
  Output output{{}};
  output.data(as_bytes(text));
  return output.finish(ExitCode::kDone);
}

bool is_help(std::string_view word) {
  return word == "help" || word == "--help" || word == "-h";
}

std::string unknown(std::string_view word) {
  if (std::ranges::find(kLater, word) != kLater.end()) {
    return fmt::format("{} is not in this version yet; help lists the verbs that are", word);
  }
  std::vector<std::string_view> names{"help", "--help", "--version"};
  for (const Named& entry : kVerbs) names.push_back(entry.name);
  const auto meant = nearest(word, names);
  return fmt::format(
      "unknown {} '{}'; {}", word.starts_with('-') ? "flag" : "verb", word,
      meant ? fmt::format("did you mean {}?", *meant) : "say one of those that help lists");
}

/// `help`, `--help` or `--version`, and what follows; or what nobody knows.
int dispatch_word(Arguments arguments) {
  const std::string& word = arguments.front();
  const Arguments rest = arguments.subspan(1);
  Output output{{.json = std::ranges::find(arguments, "--json") != arguments.end()}};
  const auto fail = [&](const std::string& message) {
    return output.fail(invalid(message).error());
  };
  const bool version = word == "--version";
  if (!version && !is_help(word)) return fail(unknown(word));
  if (rest.size() > (version ? 0U : 1U))
    return fail(fmt::format("unexpected argument '{}' after {}", rest.back(), word));
  if (version) return print(fmt::format("volley {}\n", VOLLEY_VERSION));
  if (rest.empty() || is_help(rest.front())) return print(overview());
  if (rest.front() == "--version") return fail("help takes a verb; say volley --version");
  const auto asked = std::ranges::find(kVerbs, rest.front(), &Named::name);
  if (asked == kVerbs.end()) return fail(unknown(rest.front()));
  return run_verb(*asked->make(), std::array<std::string, 1>{"--help"});
}

int run(Arguments arguments) {
  os::hold_standard_streams();
  os::end_quietly_on_closed_pipe();
  if (arguments.empty()) {
    Output output{{}};
    output.tell(overview());
    return output.finish(ExitCode::kUsage);
  }
  const auto verb = std::ranges::find(kVerbs, arguments.front(), &Named::name);
  return verb == kVerbs.end() ? dispatch_word(arguments)
                              : run_verb(*verb->make(), arguments.subspan(1));
}

}  // namespace

}  // namespace volley::cli

int main(int argc, char** argv) {
  const std::vector<std::string> arguments{argv + std::min(argc, 1), argv + argc};
  return volley::cli::run(arguments);
}
