return Harness.Cli.CommandLine.Invoke(args);
