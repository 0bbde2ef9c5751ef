using Harness.Cli;

Console.SetOut(new PatientWriter(Console.Out));
Console.SetError(new PatientWriter(Console.Error));
return CommandLine.Invoke(args);
