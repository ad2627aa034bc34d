// Asks a Volley server one question, and says what became of it.
//
//   ask ADDR:PORT QUESTION

#include <cstdlib>
#include <iostream>
#include <utility>

#include <volley/volley.hpp>

namespace {

int fail(const volley::Error& error) {
  std::cerr << "error: " << error.message << '\n';
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: ask ADDR:PORT QUESTION\n";
    return 2;
  }
  const auto server = volley::Endpoint::parse(argv[1]);
  if (!server) return fail(server.error());
  auto client = volley::Client::open(*server);
  if (!client) return fail(client.error());

  const auto answer = client->request(volley::as_bytes(argv[2]));
  if (!answer) return fail(answer.error());
  // One of four outcomes; only the first has a body. describe() makes a sentence of each.
  switch (answer->outcome) {
    case volley::Outcome::kReply:
      std::cout << volley::as_text(answer->body) << '\n';
      return EXIT_SUCCESS;
    case volley::Outcome::kNotExecuted:  // It is safe to ask again.
    case volley::Outcome::kExecutedReplyLost:
    case volley::Outcome::kUnknown:
      std::cerr << volley::describe(*answer, *server) << '\n';
      return EXIT_FAILURE;
  }
}
